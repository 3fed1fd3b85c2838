"""Frames are read or refused, and progress never goes back."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.compact import Aliases, Compact
from bookstrack.frames import GoingAway, Pong, Problem, ReadyAck, parse_frame, parse_record
from bookstrack.timeline import Timeline
from bookstrack.types import Update

JOB_ID = "550e8400-e29b-41d4-a716-446655440000"
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def update(seq: int, processed: int, status: str = "running") -> Update:
    return Update(
        job_id=JOB_ID,
        seq=seq,
        status=status,
        progress=processed / 100,
        processed=processed,
        total=100,
        failed=0,
        current_status="",
    )


def test_a_frame_of_the_original_server_is_read() -> None:
    """It has no seq, no failedItems, no heartbeat."""
    frame = {
        "type": "progress",
        "jobId": JOB_ID.upper(),
        "timestamp": 1697654321000,
        "data": {
            "progress": 0.33,
            "processedItems": 33,
            "totalItems": 100,
            "currentStatus": "x",
            "error": None,
        },
    }
    read = parse_frame(json.dumps(frame))

    assert isinstance(read, Update)
    assert (JOB_ID, 0, "running", 33, 0, None) == (
        read.job_id,
        read.seq,
        read.status,
        read.processed,
        read.failed,
        read.error,
    )
    assert ReadyAck(30.0) == parse_frame('{"type":"ready_ack","timestamp":1}')


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('{"type":"ready_ack","heartbeatSeconds":7}', ReadyAck(7)),
        (
            f'{{"type":"ready_ack","jobId":"{JOB_ID.upper()}","heartbeatSeconds":7,"encoding":"compact","alias":0}}',
            ReadyAck(7, JOB_ID, 0),
        ),
        ('{"type":"ready_ack","heartbeatSeconds":1e9}', ReadyAck(600)),
        ('{"type":"ready_ack","heartbeatSeconds":1e-9}', ReadyAck(0.05)),
        ('{"type":"pong","timestamp":1}', Pong()),
        ('{"type":"going_away","reconnectWithinMs":2500}', GoingAway()),
        ('{"type":"problem","status":404,"detail":"no such job"}', Problem(404, "no such job")),
        ('{"type":"something new"}', None),
        (
            '{"message":"Internal server error","connectionId":"x","requestId":"y"}',
            Problem(0, "Internal server error"),
        ),
    ],
)
def test_each_frame_is_known_and_new_ones_are_passed_over(text: str, frame: object) -> None:
    """An older client works with a newer server."""
    assert frame == parse_frame(text)


KINDS = st.sampled_from(
    ["progress", "complete", "error", "cancelled", "ready_ack", "going_away", "pong", "problem"]
)
FIELDS = dict.fromkeys(
    ["jobId", "seq", "data", "heartbeatSeconds", "alias", "status", "detail", "title", "timestamp"], JSON
)
STATES = st.fixed_dictionaries({}, optional=dict.fromkeys("jsnftexkr", JSON))
FRAMES = st.fixed_dictionaries({"type": KINDS | JSON}, optional=FIELDS) | STATES | JSON
NUMBERS = ("seq", "processed", "total", "failed", "progress", "timestamp", "eta", "alias", "status")


def check_is_sound(frame: object) -> None:
    """Numbers are finite and not negative, texts are texts."""
    for name, value in vars(frame).items() if frame is not None else ():
        match name:
            case _ if value is None:
                assert name in ("error", "eta", "current_work_id", "job_id", "alias", "total")
            case "heartbeat_seconds":
                assert 0.05 <= value <= 600
            case "job_id" | "current_status" | "current_work_id" | "error" | "detail":
                assert isinstance(value, str)
            case _ if name in NUMBERS and not isinstance(value, str):
                assert 0 <= value <= 2**53


@given(st.text() | st.binary() | FRAMES.map(json.dumps))
def test_anything_is_a_frame_or_a_value_error(raw: str | bytes) -> None:
    """Nothing else may come out of it, and what comes out is of the right kinds."""
    try:
        check_is_sound(parse_frame(raw))
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize("opening", ["[", '{"type":', '{"data":[', '{"j":{"j":'])
def test_a_frame_that_is_nested_without_end_is_none(opening: str) -> None:
    """Whatever it claims to be."""
    with pytest.raises(ValueError, match="not JSON"):
        parse_frame(opening * 100_000)


def test_a_number_without_end_is_none() -> None:
    """Python reads 4,300 digits of an integer, and no more."""
    with pytest.raises(ValueError, match="not JSON"):
        parse_frame('{"type":"progress","seq":' + "9" * 5_000 + "}")


@given(st.lists(STATES | st.integers(0, 2), max_size=12))
def test_any_compact_states_are_updates_or_nothing(arriving: list[dict[str, Any] | int]) -> None:
    """Acknowledged or not."""
    aliases = Aliases()
    for each in arriving:
        if isinstance(each, int):
            check_is_sound(aliases.learn(each, JOB_ID))
            continue
        frame = parse_frame(json.dumps(each))
        if isinstance(frame, Compact):
            check_is_sound(aliases.read(frame))


@given(
    st.dictionaries(
        st.sampled_from(["processedItems", "totalItems", "progress", "failedItems", "etaMs"]), JSON
    )
)
def test_any_numbers_are_numbers_in_the_end(data: dict[str, Any]) -> None:
    """NaN, infinities and integers of any length too."""
    read = parse_frame(json.dumps({"type": "progress", "jobId": JOB_ID, "seq": 1, "data": data}))

    assert isinstance(read, Update)
    assert 0 <= read.progress <= 1


def test_a_record_gives_the_same_update_as_a_frame() -> None:
    """Polling has the same meaning."""
    data = {
        "progress": 0.5,
        "processedItems": 5,
        "totalItems": 10,
        "failedItems": 1,
        "currentStatus": "x",
        "etaMs": 1500,
    }
    frame = parse_frame(
        json.dumps({"type": "progress", "jobId": JOB_ID, "seq": 3, "timestamp": 0, "data": data})
    )
    record = parse_record({"jobId": JOB_ID, "status": "running", "seq": 3, **data})

    assert frame == record
    assert isinstance(frame, Update)
    assert 1.5 == frame.eta


@given(st.lists(st.integers(1, 20), min_size=1, max_size=20), st.integers(0, 1_000_000))
def test_whatever_order_states_come_in_progress_never_goes_back(steps: list[int], seed: int) -> None:
    """Repeated, late and overtaken frames are dropped; nothing comes after the end."""
    counts = [sum(steps[: place + 1]) for place in range(len(steps))]
    states = [update(seq, count) for seq, count in enumerate(counts, start=1)]
    states.append(update(len(states) + 1, counts[-1], "completed"))
    dice = random.Random(seed)
    arriving = states + dice.choices(states, k=len(states))
    dice.shuffle(arriving)
    timeline = Timeline()

    admitted = [state for state in arriving if timeline.admit(state)]

    assert sorted({state.seq for state in admitted}) == [state.seq for state in admitted]
    assert sorted(state.processed for state in admitted) == [state.processed for state in admitted]
    assert "completed" == admitted[-1].status
    assert 1 == sum(state.terminal for state in admitted)
