"""The compact encoding: states with short keys, an alias for the job, and its total only where that may have changed.
Pure: JSON in, data out."""

from __future__ import annotations

import dataclasses
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


@dataclass(frozen=True)
class TotalMissing:
    """States of a job come, but nothing says of how many items: its snapshot is wanted."""

    job_id: str


class Aliases:
    """What the aliases of one connection stand for, and how many items these jobs have.

    A state that comes before its alias or its total is known waits for them: the acknowledgement and the snapshot that
    bring them are on their way. Of several the newest is kept, since each is the whole state.
    """

    def __init__(self) -> None:
        self._jobs: dict[int, str] = {}
        self._totals: dict[str, int] = {}
        self._waiting: dict[int, Compact] = {}
        self._missing: set[int] = set()

    def learn(self, alias: int, job_id: str) -> Update | TotalMissing | None:
        """Takes `alias` for the job; returns what that makes of a state that waited for it, as `read` does."""
        self._jobs[alias] = job_id
        waiting = self._waiting.get(alias)
        return self.read(waiting) if waiting else None

    def read(self, state: Compact) -> Update | TotalMissing | None:
        """The newest state of its job that can be read now; None while that waits, the first time for a total with the
        word that it does."""
        state = self._waiting[state.alias] = _merged(state, self._waiting.get(state.alias, state))
        job_id = self._jobs.get(state.alias)
        if job_id is None:
            return None
        if state.total is not None:
            self._totals[job_id] = state.total
        if job_id not in self._totals:
            told = state.alias in self._missing
            self._missing.add(state.alias)
            return None if told else TotalMissing(job_id)
        # A job that was subscribed to again has several aliases.
        same = [alias for alias in self._waiting if self._jobs.get(alias) == job_id]
        newest = max((self._waiting.pop(alias) for alias in same), key=lambda each: each.seq)
        return _update(job_id, self._totals[job_id], newest)


def _merged(one: Compact, other: Compact) -> Compact:
    older, newer = sorted((one, other), key=lambda each: each.seq)
    return newer if newer.total is not None else dataclasses.replace(newer, total=older.total)


def _update(job_id: str, total: int, state: Compact) -> Update:
    return Update(
        job_id=job_id,
        seq=state.seq,
        status=state.status,
        progress=min(1.0, round(state.processed / total, 4)) if total else 0.0,
        processed=state.processed,
        total=total,
        failed=state.failed,
        current_status=state.current_status,
        error=state.error,
        eta=state.eta,
    )
