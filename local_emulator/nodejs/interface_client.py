"""`aws-lambda-ric`, Lambda's own client of the Runtime API for Node.js, fetched once by npm and kept.

The package as npm installs it compiles an addon in C++, with curl, for three HTTP calls, which wants cmake, a compiler
and Linux. Only its JavaScript is taken; `runtime_api.cjs` makes the three calls.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from local_emulator.nodejs.interpreter import Interpreter, NodeJsError, npm, npm_environment

FOLDER = platformdirs.user_cache_path("local_emulator") / "nodejs"
"""Stands for /var/runtime; packages under its `node_modules` are found as those are that Lambda brings along."""

_FETCH_SECONDS = 120.0
_NEEDED = ("package/dist/", "package/index.mjs", "package/package.json", "package/LICENSE", "package/NOTICE")


@dataclass(frozen=True, kw_only=True)
class Release:
    """A version, its checksum as npm states it, and the module to import."""

    version: str
    sha512: str
    entry: str

    @property
    def path(self) -> Path:
        """The module, once it is fetched."""
        return FOLDER / f"aws-lambda-ric-{self.version}" / "package" / self.entry


_WITH_CALLBACKS = Release(
    version="3.3.0",
    sha512="9p06TbKVK4a050NY/vYOxhMHvnIiUu5o1W0//q6yNLSqA/c91pn4BOj3C3sRTpplkUNsGJdU5qWyU2STo6L8hA==",
    entry="dist/index.mjs",
)
_WITHOUT_CALLBACKS = Release(
    version="4.0.2",
    sha512="FE5Vskx7mYNnqAnWWJXUOsLp2VGgdsJsCoRLFTa8L4Yk0QVtArqR8q58yPA++QC1a73ZWJXBQ2AH31nIAv7NOQ==",
    entry="index.mjs",
)


def release(runtime: str) -> Release:
    """The one that behaves as the runtime does: Lambda took callbacks away with nodejs24.x, the client with 4.0."""
    return _WITHOUT_CALLBACKS if runtime == "nodejs24.x" else _WITH_CALLBACKS


def fetch(wanted: Release, node: Interpreter) -> None:
    """Fetches it unless it is there.

    Raises:
        NodeJsError: it is not there and cannot be fetched.
    """
    if wanted.path.exists():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as temporary:
        archive = _download(wanted, node, Path(temporary))
        unpacked = Path(temporary) / "unpacked"
        with tarfile.open(archive) as packed:
            members = [member for member in packed if member.name.startswith(_NEEDED)]
            packed.extractall(unpacked, members=members, filter="data")
        try:
            unpacked.rename(FOLDER / f"aws-lambda-ric-{wanted.version}")
        except OSError:
            # Another emulator was quicker.
            if not wanted.path.exists():
                raise


def _download(wanted: Release, node: Interpreter, into: Path) -> Path:
    name = f"aws-lambda-ric@{wanted.version}"
    command = [*npm(node), "pack", name, "--ignore-scripts", "--prefer-offline", "--loglevel", "error"]
    try:
        subprocess.run(  # noqa: S603 the person's own npm
            command,
            cwd=into,
            env=npm_environment(node),
            capture_output=True,
            text=True,
            timeout=_FETCH_SECONDS,
            check=True,
        )
        archive = next(into.glob("*.tgz"))
    except (OSError, subprocess.SubprocessError, StopIteration) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip()
        raise NodeJsError(
            f"Node.js functions need {name} once, and npm could not fetch it. "
            f"With a network, run: python -m local_emulator.nodejs\nnpm says: {said}"
        ) from error
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != wanted.sha512:
        raise NodeJsError(f"what npm fetched as {name} is not what AWS published: its checksum is {digest}")
    return archive
