"""What Lambda answers when a function could not: the error objects of the Lambda guide, as outcomes."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime

from local_emulator.invocation import Outcome

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
"""Lambda's quota for an event and for an answer (cases G8, H9)."""


def failure(
    request_id: str,
    error_type: str,
    message: str,
    *,
    duration_ms: float = 0.0,
    cold: bool = False,
) -> Outcome:
    """An outcome with an error object of our own."""
    body = {"errorType": error_type, "errorMessage": message}
    return Outcome(
        request_id=request_id,
        payload=json.dumps(body).encode(),
        error=error_type,
        duration_ms=duration_ms,
        cold=cold,
    )


def exited(request_id: str, returncode: int, *, duration_ms: float = 0.0, cold: bool = False) -> Outcome:
    """The runtime process ended before it answered (case H7). `returncode` is negative for a signal."""
    return failure(
        request_id,
        "Runtime.ExitError",
        _exit_reason(request_id, returncode),
        duration_ms=duration_ms,
        cold=cold,
    )


def _exit_reason(request_id: str, returncode: int) -> str:
    if returncode == 0:
        return f"RequestId: {request_id} Error: Runtime exited without providing a reason"
    if returncode > 0:
        return f"RequestId: {request_id} Error: Runtime exited with error: exit status {returncode}"
    try:
        reason = signal.strsignal(-returncode) or str(-returncode)
    except ValueError:
        reason = str(-returncode)
    return f"RequestId: {request_id} Error: Runtime exited with error: signal: {reason.lower()}"


def timed_out(request_id: str, seconds: float, *, duration_ms: float, cold: bool) -> Outcome:
    """The function's own time-out ran out (case H3)."""
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    return failure(
        request_id,
        "Sandbox.Timedout",
        f"{stamp} {request_id} Task timed out after {seconds:.2f} seconds",
        duration_ms=duration_ms,
        cold=cold,
    )


def answer_too_large(request_id: str, size: int, *, duration_ms: float, cold: bool) -> Outcome:
    """The function answered more than Lambda carries (case H9)."""
    return failure(
        request_id,
        "Function.ResponseSizeTooLarge",
        f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({MAX_PAYLOAD_BYTES} bytes).",
        duration_ms=duration_ms,
        cold=cold,
    )


def injected(request_id: str, message: str) -> bytes:
    """The error object of a function that fails because a fault asks for it."""
    return json.dumps(
        {"errorMessage": message, "errorType": "InjectedFault", "requestId": request_id, "stackTrace": []}
    ).encode()


def event_too_large(request_id: str, size: int) -> Outcome:
    """The event is more than Lambda carries; nothing was run."""
    return failure(
        request_id,
        "RequestTooLargeException",
        f"Request must be smaller than {MAX_PAYLOAD_BYTES} bytes for the InvokeFunction operation, got {size}",
    )
