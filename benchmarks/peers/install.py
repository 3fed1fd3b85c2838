"""The peers, fetched once into a cache folder by npm and pip, in the versions that are pinned beside this."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import platformdirs

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = platformdirs.user_cache_path("local_emulator") / "benchmarks"

_NPM = (HERE / "npm" / "package.json", HERE / "npm" / "package-lock.json")
_MINISTACK = ROOT / "requirements" / "ministack.txt"
_FETCH_SECONDS = 600.0


class NotInstalledError(Exception):
    """A peer cannot be had here; the message says why."""


def serverless_offline() -> Path:
    """The folder in which Node.js finds `serverless` and `serverless-offline`.

    Raises:
        NotInstalledError: there is no npm, or it could not fetch them.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise NotInstalledError("there is no npm on PATH")
    folder = CACHE / f"npm-{_digest(*_NPM)}"

    def make(new: Path) -> None:
        for file in _NPM:
            shutil.copy(file, new)
        # Without scripts: none of the packages needs one, and this is other people's code.
        _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"], new)

    return _once(folder, make)


def ministack() -> Path:
    """The Python of a virtual environment with ministack and boto3.

    Raises:
        NotInstalledError: pip could not fetch them.
    """
    folder = CACHE / f"ministack-{_digest(_MINISTACK)}"

    def make(new: Path) -> None:
        _run([sys.executable, "-m", "venv", str(new)], new)
        pip = [str(new / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "--no-deps", "--require-hashes", "-r", str(_MINISTACK)], new)

    return _once(folder, make) / "bin" / "python"


def _once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Made whole or not at all: a marker is written last, and what has none is made anew."""
    done = folder / ".complete"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make(folder)
        done.touch()
    return folder


def _run(command: list[str], folder: Path) -> None:
    try:
        subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip()
        raise NotInstalledError(f"{Path(command[0]).name} says: {said[-400:]}") from error


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
