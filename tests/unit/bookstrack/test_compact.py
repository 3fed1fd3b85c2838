"""Compact states mean the same as full ones, though less is said."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.compact import Aliases, Compact
from bookstrack.frames import parse_frame
from bookstrack.types import Update

JOB_ID = "550e8400-e29b-41d4-a716-446655440000"
OTHER = "650e8400-e29b-41d4-a716-446655440000"


def read(aliases: Aliases, **frame: Any) -> Update | None:
    state = parse_frame(json.dumps(frame))
    assert isinstance(state, Compact)
    return aliases.read(state)


def known(alias: int = 0) -> Aliases:
    aliases = Aliases()
    aliases.learn(alias, JOB_ID)
    return aliases


@given(
    st.integers(0, 1500),
    st.integers(0, 1500),
    st.sampled_from(["progress", "complete", "error", "cancelled"]),
    st.none() | st.integers(0, 9_999),
)
def test_both_encodings_of_a_state_give_the_same_update(
    processed: int, failed: int, kind: str, eta: int | None
) -> None:
    """But for what a compact state does not tell: the work at hand, and the time."""
    error = {"error": "gone"} if kind == "error" else {}
    data = {
        "progress": round(processed / 1500, 4),
        "processedItems": processed,
        "totalItems": 1500,
        "failedItems": failed,
        "currentStatus": "x",
        "currentWorkId": "OL1W",
        **({"etaMs": eta * 1000} if eta is not None else {}),
        **error,
    }
    full = parse_frame(json.dumps({"type": kind, "jobId": JOB_ID, "timestamp": 9, "seq": 3, "data": data}))
    short = {"j": 0, "s": 3, "n": processed, "t": 1500, "x": "x"}
    short |= {"f": failed} if failed else {}
    short |= {"e": eta} if eta is not None else {}
    short |= {"k": kind} if kind != "progress" else {}
    short |= {"r": "gone"} if error else {}

    assert isinstance(full, Update)
    assert dataclasses.replace(full, current_work_id=None, timestamp=0) == read(known(), **short)


def test_a_state_that_comes_before_its_alias_waits_for_it() -> None:
    """The newest of several: the end of a job may be among them."""
    aliases = Aliases()
    for seq in (2, 3, 1):
        assert None is read(aliases, j=4, s=seq, n=seq, t=10, x="", k="complete")

    update = aliases.learn(4, JOB_ID)
    assert isinstance(update, Update)
    assert (JOB_ID, 3, 10) == (update.job_id, update.seq, update.total)


def test_each_subscription_has_its_alias() -> None:
    """One that is made again has another, and the old one may still be on its way."""
    aliases = known(alias=0)
    aliases.learn(1, OTHER)
    aliases.learn(2, JOB_ID)
    shown = [read(aliases, j=alias, s=1, n=1, t=4, x="") for alias in (2, 1, 0)]

    assert [JOB_ID, OTHER, JOB_ID] == [update.job_id for update in shown if update]


def test_a_state_without_an_alias_is_of_the_first_subscription() -> None:
    """Mostly the only one: nothing need be said."""
    update = read(known(alias=1), s=1, n=1, t=4, x="")

    assert update is not None
    assert JOB_ID == update.job_id


@pytest.mark.parametrize("kind", ["progress", "something new", 7])
def test_a_kind_that_is_not_known_is_progress(kind: object) -> None:
    """A newer server may have more of them."""
    update = read(known(), j=0, s=1, n=1, x="", k=kind)

    assert update is not None
    assert "running" == update.status
