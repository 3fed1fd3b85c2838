"""The compact encoding: states with short keys and an alias for the job. Pure: JSON in, data out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bookstrack.types import Update
from bookstrack.values import seconds, text, whole

_STATUS_OF_KIND = {"complete": "completed", "error": "failed", "cancelled": "cancelled"}
_FIRST_ALIAS = 1
"""A connection's first subscription: its states name no alias."""


@dataclass(frozen=True, kw_only=True)
class Compact:
    """A state as it travels."""

    alias: int
    seq: int
    status: str
    processed: int
    failed: int
    total: int
    current_status: str
    error: str | None
    eta: float | None


def is_compact(frame: Mapping[str, Any]) -> bool:
    """Whether a frame is a compact state: these have no type."""
    return "type" not in frame and "s" in frame


def parse_compact(frame: Mapping[str, Any]) -> Compact:
    """A compact state; what is not of the wanted kind is nothing."""
    return Compact(
        alias=whole(frame.get("j", _FIRST_ALIAS)),
        seq=whole(frame.get("s")),
        status=_STATUS_OF_KIND.get(text(frame.get("k")), "running"),
        processed=whole(frame.get("n")),
        failed=whole(frame.get("f")),
        total=whole(frame.get("t")),
        current_status=text(frame.get("x")),
        error=text(frame.get("r")) or None,
        eta=seconds(frame.get("e")),
    )


class Aliases:
    """What the aliases of one connection stand for.

    A state may come before the acknowledgement that brings its alias, and waits for that. Of several the newest is
    kept, since each is the whole state.
    """

    def __init__(self) -> None:
        self._jobs: dict[int, str] = {}
        self._waiting: dict[int, Compact] = {}

    def learn(self, alias: int, job_id: str) -> Update | None:
        """Takes `alias` for the job; returns the state that waited for this."""
        self._jobs[alias] = job_id
        waiting = self._waiting.pop(alias, None)
        return _update(job_id, waiting) if waiting else None

    def read(self, state: Compact) -> Update | None:
        """The update that it stands for, or None while its alias is not known."""
        job_id = self._jobs.get(state.alias)
        if job_id is not None:
            return _update(job_id, state)
        waiting = self._waiting.get(state.alias, state)
        self._waiting[state.alias] = max(waiting, state, key=lambda each: each.seq)
        return None


def _update(job_id: str, state: Compact) -> Update:
    return Update(
        job_id=job_id,
        seq=state.seq,
        status=state.status,
        progress=min(1.0, round(state.processed / state.total, 4)) if state.total else 0.0,
        processed=state.processed,
        total=state.total,
        failed=state.failed,
        current_status=state.current_status,
        error=state.error,
        eta=state.eta,
    )
