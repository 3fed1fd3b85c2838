"""How the parts of the emulator call a function, without knowing how it is run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an invocation came to.

    `payload` is the function's answer as JSON text, or, where `error` is set, Lambda's error object
    (`errorMessage`, `errorType`, `requestId`, `stackTrace`).
    """

    request_id: str
    payload: bytes
    error: str | None = None
    """None, `Unhandled`, or the runtime's own type such as `Runtime.ImportModuleError`, `Sandbox.Timedout`."""
    duration_ms: float = 0.0
    cold: bool = False

    def value(self) -> Any:
        """The payload, parsed. Raises ValueError when it is not JSON."""
        return json.loads(self.payload)


class TooManyRequestsError(Exception):
    """The function's reserved concurrency is used up (Lambda's 429 TooManyRequestsException)."""


class Invoker(Protocol):
    """Runs functions by logical id."""

    async def invoke(
        self, function: str, event: Mapping[str, Any], *, timeout_seconds: float | None = None
    ) -> Outcome:
        """Invokes `function` with `event` and waits for its outcome.

        A function that fails, times out or cannot start is an Outcome with `error`, not an exception.
        `timeout_seconds` bounds the caller's wait (an API's integration time-out): past it TimeoutError is
        raised and the function runs on, as on AWS.
        Raises TooManyRequestsError when no environment may be started.
        """
        ...
