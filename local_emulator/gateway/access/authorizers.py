"""Lambda authorizers: asks the function, remembers its answer for as long as the authorizer says, and judges by it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_emulator.gateway.access.policy import Effect, evaluate
from local_emulator.invocation import Invoker, TooManyRequestsError
from local_emulator.model import Authorizer

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """`status` 200 lets the client in, with `context` on its events (case A19); others are what the client hears."""

    status: int
    effect: Effect = Effect.UNMENTIONED
    context: Mapping[str, Any] | None = None


ALLOWED = Verdict(200)
UNAUTHORIZED = Verdict(401)
_FAILED = Verdict(500)


class Authorizers:
    """The authorizers of an API."""

    def __init__(self, invoker: Invoker, clock: Callable[[], float] = time.monotonic) -> None:
        self._invoker = invoker
        self._clock = clock
        self._remembered: dict[tuple[str, tuple[str, ...]], tuple[float, Any]] = {}

    async def judge(
        self, authorizer: Authorizer, identity: tuple[str, ...], event: Callable[[], Event], arn: str
    ) -> Verdict:
        """Whether whoever has this identity may invoke `arn`.

        A remembered answer is judged anew: its policy may allow one method and not another.
        """
        key = (authorizer.logical_id, identity)
        until, value = self._remembered.get(key, (0.0, None))
        if value is None or until < self._clock():
            value = await self._ask(authorizer, event)
            if isinstance(value, Verdict):
                return value
            if authorizer.ttl_seconds and identity:
                self._remembered[key] = (self._clock() + authorizer.ttl_seconds, value)
        return _simple(value) if authorizer.simple_responses else _by_policy(value, arn)

    async def _ask(self, authorizer: Authorizer, event: Callable[[], Event]) -> Any:
        """The function's answer, or the verdict where it gives none (cases A17, A18)."""
        try:
            outcome = await self._invoker.invoke(authorizer.function, event())
            value = outcome.value()
        except (ValueError, TooManyRequestsError):
            return _FAILED
        if not isinstance(value, dict):
            return _FAILED
        if outcome.error is not None:
            return UNAUTHORIZED if value.get("errorMessage") == "Unauthorized" else _FAILED
        return value


def _simple(value: Mapping[str, Any]) -> Verdict:
    allowed = value.get("isAuthorized")
    if not isinstance(allowed, bool):
        return _FAILED
    return Verdict(200, Effect.ALLOWED, value.get("context") or {}) if allowed else Verdict(403)


def _by_policy(value: Mapping[str, Any], arn: str) -> Verdict:
    effect = evaluate(value.get("policyDocument"), arn)
    context = value.get("context") or {}
    if effect is Effect.INVALID or not isinstance(context, Mapping):
        return _FAILED
    if effect is not Effect.ALLOWED:
        return Verdict(403, effect)
    return Verdict(200, effect, {**context, "principalId": value.get("principalId", "")})


def texts_of_context(verdict: Verdict) -> dict[str, str]:
    """An authorizer's context, as the events of WebSocket and REST APIs carry it: texts (case A19)."""
    return {name: _text(value) for name, value in (verdict.context or {}).items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
