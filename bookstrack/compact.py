"""The compact encoding: states with short keys, an alias for the job, and its total only where that may have changed.
Pure: JSON in, data out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bookstrack.types import Update
from bookstrack.values import seconds, text, whole

_STATUS_OF_KIND = {"complete": "completed", "error": "failed", "cancelled": "cancelled"}


@dataclass(frozen=True, kw_only=True)
class Compact:
    """A state as it travels; `total` is None where it is as before."""

    alias: int
    seq: int
    status: str
    processed: int
    failed: int
    total: int | None
    current_status: str
    error: str | None
    eta: float | None


def is_compact(frame: Mapping[str, Any]) -> bool:
    """Whether a frame is a compact state: these have no type."""
    return "type" not in frame and "j" in frame


def parse_compact(frame: Mapping[str, Any]) -> Compact:
    """A compact state; what is not of the wanted kind is nothing."""
    return Compact(
        alias=whole(frame["j"]),
        seq=whole(frame.get("s")),
        status=_STATUS_OF_KIND.get(text(frame.get("k")), "running"),
        processed=whole(frame.get("n")),
        failed=whole(frame.get("f")),
        total=whole(frame["t"]) if frame.get("t") is not None else None,
        current_status=text(frame.get("x")),
        error=text(frame.get("r")) or None,
        eta=seconds(frame.get("e")),
    )


class Aliases:
    """What the aliases of one connection stand for, and how many items these jobs have.

    A state that comes before its alias or its total is known waits for them: the acknowledgement and the snapshot that
    bring them are on their way. Of several the newest is kept, since each is the whole state.
    """

    def __init__(self) -> None:
        self._jobs: dict[int, str] = {}
        self._totals: dict[int, int] = {}
        self._waiting: dict[int, Compact] = {}

    def learn(self, alias: int, job_id: str) -> Update | None:
        """Takes `alias` for the job; returns the state that waited for this."""
        self._jobs[alias] = job_id
        waiting = self._waiting.pop(alias, None)
        return self.read(waiting) if waiting else None

    def read(self, state: Compact) -> Update | None:
        """The newest state of its job that can be read now, or None while something is missing."""
        if state.total is not None:
            self._totals[state.alias] = state.total
        waiting = self._waiting.pop(state.alias, state)
        newest = waiting if waiting.seq > state.seq else state
        job_id, total = self._jobs.get(state.alias), self._totals.get(state.alias)
        if job_id is None or total is None:
            self._waiting[state.alias] = newest
            return None
        return Update(
            job_id=job_id,
            seq=newest.seq,
            status=newest.status,
            progress=min(1.0, round(newest.processed / total, 4)) if total else 0.0,
            processed=newest.processed,
            total=total,
            failed=newest.failed,
            current_status=newest.current_status,
            error=newest.error,
            eta=newest.eta,
        )
