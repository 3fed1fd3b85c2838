"""Lambda's Runtime API, version 2018-06-01: how a runtime process takes invocations and answers them (case H1).

Each environment has an API on a port of its own. A shared one with a path prefix for each would do for invocations,
but a Python runtime that reports an error of its initialisation takes AWS_LAMBDA_RUNTIME_API for a bare `host:port`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from local_emulator.faults import Fault
from local_emulator.functions import answers
from local_emulator.http1 import Answer, Later, Request, Response

_ACCEPTED = Response.json({"status": "OK"}, 202)


def _trace_id() -> str:
    drawn = os.urandom(20).hex()
    return f"Root=1-{int(time.time()):08x}-{drawn[:24]};Parent={drawn[24:]};Sampled=0"


@dataclass(eq=False)
class Invocation:
    """One event on its way through an environment."""

    request_id: str
    payload: bytes
    client_context: str = ""
    """JSON, where whoever invokes gives one."""
    trace_id: str = field(default_factory=_trace_id)
    started: float = 0.0
    """Monotonic time at which the runtime took it, 0 until then."""
    deadline_ms: int = 0
    """Epoch milliseconds at which it times out (case H4)."""
    fault: Fault | None = None
    """What goes wrong with it."""
    lines: Iterable[str] = ()
    """Its log, once it has ended."""


class Host(Protocol):
    """The environment that an API serves."""

    @property
    def function_arn(self) -> str:
        """What runs in it."""
        ...

    def next(self, take: Callable[[Invocation], None]) -> None:
        """The process is free: `take` is called with its next invocation, when there is one."""

    def respond(self, request_id: str, payload: bytes) -> bool:
        """The function answered. False if nothing waits for that answer."""
        ...

    def fail(self, request_id: str, payload: bytes) -> bool:
        """The function raised. False if nothing waits for that answer."""
        ...

    def fail_init(self, error_type: str, payload: bytes) -> None:
        """The function could not be loaded."""
        ...


class RuntimeApi:
    """The HTTP application that one runtime process talks to."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def __call__(self, request: Request) -> Answer:
        """Answers `/2018-06-01/runtime/…`."""
        match [request.method, *request.path.split("/")]:
            case ["GET", "", "2018-06-01", "runtime", "invocation", "next"]:
                return self._next()
            case ["POST", "", "2018-06-01", "runtime", "invocation", request_id, "response"]:
                return self._response(request_id, request.body)
            case ["POST", "", "2018-06-01", "runtime", "invocation", request_id, "error"]:
                return _ACCEPTED if self._host.fail(request_id, request.body) else _unexpected()
            case ["POST", "", "2018-06-01", "runtime", "init", "error"]:
                error_type = request.header("Lambda-Runtime-Function-Error-Type", "Runtime.Unknown")
                self._host.fail_init(error_type, request.body)
                return _ACCEPTED
        return _error(404, "NotFound", f"no such operation: {request.method} {request.path}")

    def _next(self) -> Later:
        answer = Later()

        def take(invocation: Invocation) -> None:
            # Else the process has hung up, and its end is the invocation's.
            if not answer.abandoned:
                answer.give(self._handed_over(invocation))

        self._host.next(take)
        return answer

    def _handed_over(self, invocation: Invocation) -> Response:
        headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", invocation.request_id),
            ("Lambda-Runtime-Deadline-Ms", str(invocation.deadline_ms)),
            ("Lambda-Runtime-Invoked-Function-Arn", self._host.function_arn),
            ("Lambda-Runtime-Trace-Id", invocation.trace_id),
        ]
        if invocation.client_context:
            headers.append(("Lambda-Runtime-Client-Context", invocation.client_context))
        return Response(200, invocation.payload, headers)

    def _response(self, request_id: str, payload: bytes) -> Response:
        if not self._host.respond(request_id, payload):
            return _unexpected()
        if len(payload) > answers.MAX_PAYLOAD_BYTES:
            return _error(413, "RequestEntityTooLarge", "the answer exceeds Lambda's limit of 6 MB")
        return _ACCEPTED


def _unexpected() -> Response:
    return _error(400, "InvalidRequestID", "nothing waits for this answer")


def _error(status: int, error_type: str, message: str) -> Response:
    return Response.json({"errorType": error_type, "errorMessage": message}, status)
