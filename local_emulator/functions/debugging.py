"""Functions under a debugger: debugpy for Python, the inspector for Node.js.

A function that is debugged has one environment, since a debugger attaches to one process, and no time-out: neither its
own nor that of whoever calls it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.util import find_spec

from local_emulator.errors import EmulatorError
from local_emulator.model import Debugger, Function

_ADDRESS = "127.0.0.1"
_UNLIMITED_SECONDS = 24 * 60 * 60
"""Longer than anybody looks at a breakpoint."""


class DebugError(EmulatorError):
    """Functions cannot be debugged, for a reason that the person can mend."""


def debugged(functions: Mapping[str, Function], port: int, names: Iterable[str]) -> dict[str, Function]:
    """The functions with debuggers at `port` and those after it, in the order of their logical ids.

    With `names` only these, and they wait for the debugger before they load.

    Raises:
        DebugError: there is no such function, or no debugger for one.
    """
    wanted = list(names)
    unknown = sorted(set(wanted) - functions.keys())
    if unknown:
        raise DebugError(
            f"there is no function {', '.join(unknown)}; the template has: {', '.join(functions)}"
        )
    chosen = sorted(wanted or functions)
    if any(_is_python(functions[name]) for name in chosen) and find_spec("debugpy") is None:
        raise DebugError("--debug needs debugpy to debug Python functions: pip install debugpy")
    ports = {name: port + number for number, name in enumerate(chosen)}
    return {
        name: function
        if name not in ports
        else replace(
            function,
            timeout_seconds=_UNLIMITED_SECONDS,
            reserved_concurrency=None,
            debugger=Debugger(port=ports[name], waits=bool(wanted)),
        )
        for name, function in functions.items()
    }


def python_arguments(function: Function) -> list[str]:
    """What stands before the runtime on the interpreter's command line."""
    debugger = function.debugger
    if debugger is None or not _is_python(function):
        return []
    waiting = ["--wait-for-client"] if debugger.waits else []
    return ["-X", "frozen_modules=off", "-m", "debugpy", "--listen", f"{_ADDRESS}:{debugger.port}", *waiting]


def variables(function: Function) -> dict[str, str]:
    """What the process needs to be told."""
    debugger = function.debugger
    if debugger is None or _is_python(function):
        return {}
    return {"NODE_OPTIONS": f"--inspect{'-brk' if debugger.waits else ''}={_ADDRESS}:{debugger.port}"}


def announcement(function: Function) -> str | None:
    """Where to attach, for the log."""
    debugger = function.debugger
    if debugger is None:
        return None
    return f"debugger {'waited for' if debugger.waits else 'may attach'} at {_ADDRESS}:{debugger.port}"


def _is_python(function: Function) -> bool:
    return function.runtime.startswith("python")
