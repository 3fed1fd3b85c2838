"""The model itself: it says nothing of what is right, and names the promise of whatever is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.devices import Journal, State
from tests.chaos.model import broken_promises
from tests.chaos.run import Observed
from tests.chaos.schedule import Device, Schedule

_HALF = State(seq=1, status="running", processed=1, total=2, failed=0)
_END = State(seq=2, status="completed", processed=2, total=2, failed=0)
_RECORD = {"seq": 2, "status": "completed", "processedItems": 2, "totalItems": 2, "failedItems": 0}


def _row(sort_key: str, **values: Any) -> dict[str, Any]:
    return {"pk": {"S": "JOB#1"}, "sk": {"S": sort_key}, "ttl": {"N": "1"}, **values}


def _right() -> Observed:
    """A job of two works that one device watched, and nothing went wrong."""
    works = Schedule(name="", works=2, unknown=0).work_ids()
    device = Device(client="plain")
    journal = Journal(device=device, frames=[_HALF, _END], views=[[_HALF, _END]], listening_at=1.0)
    numbers = {"seq": 2, "processedItems": 2, "totalItems": 2, "failedItems": 0, "finishedAt": 90_000}
    meta = {name: {"N": str(number)} for name, number in numbers.items()}
    return Observed(
        schedule=Schedule(name="", works=2, devices=(device,)),
        job_id="1",
        works=works,
        journals=[journal],
        first_end=_END,
        record=dict(_RECORD),
        results=[{"index": index, "workId": work, "status": "found"} for index, work in enumerate(works)],
        rows=[
            _row("META", status={"S": "completed"}, **meta),
            _row("CHUNK#0000", done={"NS": ["0", "1"]}, n={"N": "2"}, failed={"N": "0"}),
            _row("ITEM#00000", status={"S": "found"}),
            _row("ITEM#00001", status={"S": "found"}),
        ],
        listened_at_end=[journal],
    )


def _frames(*states: State) -> Callable[[Observed], object]:
    def change(seen: Observed) -> None:
        seen.journals[0].frames = list(states)

    return change


def _view(*states: State) -> Callable[[Observed], object]:
    def change(seen: Observed) -> None:
        seen.journals[0].views = [list(states)]

    return change


def _chunk(**values: Any) -> Callable[[Observed], object]:
    return lambda seen: seen.rows[1].update(values)


def _dead_connection(seen: Observed) -> None:
    rule = {"name": "1", "where": "function", "action": "fail", "match": {"function": "DisconnectFunction"}}
    seen.schedule = replace(seen.schedule, rules=(rule,))
    seen.struck = {"1": ("function fail", 1)}
    seen.left_behind = [_row("CONN#x", connectedAt={"N": "10000"})]
    seen.alive_until = {"x": 20.0}


_LATER = replace(_END, seq=3)
_WRONG: list[tuple[str, Callable[[Observed], object]]] = [
    ("every job ends", lambda seen: setattr(seen, "first_end", None)),
    ("every job ends once", lambda seen: setattr(seen, "first_end", replace(_END, status="cancelled"))),
    ("every job ends once", _frames(_HALF, _END, replace(_END, failed=1))),
    ("every job ends once", _frames(_HALF, _END, replace(_HALF, seq=3))),
    ("every item counts once", _chunk(n={"N": "3"})),
    ("every item counts once", _chunk(failed={"N": "1"})),
    ("every item counts once", _chunk(done={"NS": ["0", "1", "25"]})),
    ("every item counts once", lambda seen: seen.rows.pop()),
    ("every item counts once", lambda seen: seen.record.update(failedItems=1)),
    ("progress never goes back", _view(_END, _HALF, _END)),
    ("progress never goes back", _view(_HALF, _HALF, _END)),
    ("progress never goes back", _frames(replace(_HALF, processed=2), _END, replace(_HALF, processed=1))),
    ("progress never goes back", _frames(replace(_HALF, processed=3), _END)),
    ("an acknowledgement is of what was shown", lambda seen: seen.record.update(ackedSeq=3)),
    ("every client sees the true end", _view(_HALF)),
    ("every client sees the true end", _view(_HALF, replace(_END, failed=1))),
    ("nothing is missed between connecting and listening", _frames(_HALF)),
    ("results are complete and in order", lambda seen: seen.results.pop()),
    ("results are complete and in order", lambda seen: seen.results.reverse()),
    ("results are complete and in order", lambda seen: seen.results[0].update(status="not_found")),
    ("results are complete and in order", lambda seen: setattr(seen.journals[0], "results", [])),
    ("nothing stays for ever", lambda seen: seen.rows[2].pop("ttl")),
    ("a closed socket leaves no row", lambda seen: seen.left_behind.append(_row("CONN#x"))),
    ("a closed socket leaves no row", _dead_connection),
    ("what is given up is shown as failed", lambda seen: setattr(seen, "messages", {"DeadLetterQueue": 1})),
    ("nothing unexpected", lambda seen: seen.mishaps.append("the emulator is gone")),
]


def test_nothing_is_said_of_what_is_right() -> None:
    """Whatever else would be found could not be believed."""
    assert [] == broken_promises(_right())


@pytest.mark.parametrize(
    ("promise", "change"), _WRONG, ids=[f"{n}-{each[0]}" for n, each in enumerate(_WRONG)]
)
def test_a_broken_promise_is_named(promise: str, change: Callable[[Observed], object]) -> None:
    """Each by what a test can see of it."""
    seen = _right()
    change(seen)

    assert promise in [broken.promise for broken in broken_promises(seen)]
