"""What must hold whatever breaks: a short form of `make chaos`."""

from __future__ import annotations

import pytest
from rich.console import Console

from tests.chaos.campaign import campaign
from tests.chaos.examples import EXAMPLES
from tests.chaos.schedule import SHORT, Schedule, read, schedule_of
from tests.chaos.shrink import shrink

_SEEDS = range(1, 9)


@pytest.mark.timeout(300)
def test_every_promise_holds_whatever_a_schedule_breaks(capsys: pytest.CaptureFixture[str]) -> None:
    """Schedules of eight seeds; where one fails, what it was and how to run it again is printed."""
    report = campaign([schedule_of(seed) for seed in _SEEDS], workers=3, console=Console(soft_wrap=True))

    assert report.held, capsys.readouterr().out
    assert len(_SEEDS) == report.ran
    assert report.struck.total() > 0


def test_the_same_seed_gives_the_same_schedule() -> None:
    """And another seed another one."""
    assert schedule_of(7) == schedule_of(7)
    assert schedule_of(7) != schedule_of(8)
    assert "--seed 7" == schedule_of(7).name


def test_a_schedule_is_read_as_it_was_written() -> None:
    """So that a failure's file can be run again."""
    for schedule in (*EXAMPLES, *map(schedule_of, _SEEDS)):
        assert schedule.document() == read(schedule.document()).document()


def test_the_works_of_a_schedule_are_all_different() -> None:
    """A work that is named twice would be counted twice, rightly."""
    for schedule in (*EXAMPLES, *map(schedule_of, (1, 99, 4321))):
        assert SHORT == len(set(schedule.work_ids()))


async def test_a_failure_is_made_as_small_as_it_can_be() -> None:
    """What is left out and not missed stays out; what breaks the promise stays in."""
    schedule = schedule_of(3)
    guilty = schedule.rules[-1]

    async def breaks(candidate: Schedule) -> bool:
        return guilty in candidate.rules

    smallest = await shrink(schedule, breaks, attempts=100)

    assert ((guilty,), (), ()) == (smallest.rules, smallest.strokes, smallest.devices)
