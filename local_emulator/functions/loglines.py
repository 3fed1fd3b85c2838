"""A function's log: the platform's lines in it (case H6), and where it goes."""

from __future__ import annotations

import logging
import math

from local_emulator.invocation import Outcome

_functions = logging.getLogger("local_emulator.functions")
PLATFORM_LOGGER = "local_emulator.functions.platform"
"""Takes START, END and REPORT lines: a form of the log that has one line for an invocation switches it off."""
_platform = logging.getLogger(PLATFORM_LOGGER)


def start(request_id: str) -> str:
    """Before the function's own lines."""
    return f"START RequestId: {request_id} Version: $LATEST"


def end(request_id: str) -> str:
    """After them."""
    return f"END RequestId: {request_id}"


def report(outcome: Outcome, *, memory_mb: int, used_mb: int | None, init_ms: float | None) -> str:
    """The figures; `used_mb` None where the system does not tell, `init_ms` None for a warm start."""
    fields = [
        f"REPORT RequestId: {outcome.request_id}",
        f"Duration: {outcome.duration_ms:.2f} ms",
        f"Billed Duration: {math.ceil(outcome.duration_ms)} ms",
        f"Memory Size: {memory_mb} MB",
    ]
    if used_mb is not None:
        fields.append(f"Max Memory Used: {used_mb} MB")
    if init_ms is not None:
        fields.append(f"Init Duration: {init_ms:.2f} ms")
    if outcome.error == "Sandbox.Timedout":
        fields.append("Status: timeout")
    elif outcome.error is not None and outcome.error != "Unhandled":
        fields.append(f"Status: error\tError Type: {outcome.error}")
    return "\t".join(fields)


def summary(outcome: Outcome, init_ms: float) -> str:
    """An invocation in one short line: how long it took, whether it began cold, and what went wrong."""
    start = f"cold, {init_ms:.0f} ms to start" if outcome.cold else "warm"
    line = f"λ {outcome.duration_ms:.1f} ms, {start}"
    if outcome.error is None:
        return line
    try:
        told = outcome.value()
    except ValueError:
        told = None
    error = told if isinstance(told, dict) else {}
    return f"{line}: {error.get('errorType', outcome.error)}: {error.get('errorMessage', '')}"


def is_platform(line: str) -> bool:
    """Whether the platform wrote it: START, END or REPORT."""
    return line.startswith(("START RequestId: ", "END RequestId: ", "REPORT RequestId: "))


def log(function: str, line: str) -> None:
    """Hands one line to the emulator's own log, as it is done by default."""
    logger = _platform if is_platform(line) else _functions
    logger.info("%s", line, extra={"function": function})
