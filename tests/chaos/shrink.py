"""Makes a schedule that breaks a promise smaller, one part at a time, as long as it still breaks one.

Each attempt is a whole job, so there are few of them, and none is made twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

from tests.chaos.schedule import Schedule

_ATTEMPTS = 30


async def shrink(
    schedule: Schedule, breaks: Callable[[Schedule], Awaitable[bool]], *, attempts: int = _ATTEMPTS
) -> Schedule:
    """The smallest that was found in so many attempts; `breaks` runs one."""
    smallest = schedule
    tried: set[str] = set()
    while True:
        for candidate in smaller(smallest):
            if candidate.document() in tried:
                continue
            if len(tried) >= attempts:
                return smallest
            tried.add(candidate.document())
            if await breaks(candidate):
                smallest = candidate
                break
        else:
            return smallest


def smaller(schedule: Schedule) -> Iterator[Schedule]:
    """The same with one part left out, each in its turn."""
    for number in range(len(schedule.rules)):
        yield replace(schedule, rules=schedule.rules[:number] + schedule.rules[number + 1 :])
    for number in range(len(schedule.strokes)):
        yield replace(schedule, strokes=schedule.strokes[:number] + schedule.strokes[number + 1 :])
    for number in range(len(schedule.devices)):
        yield replace(schedule, devices=schedule.devices[:number] + schedule.devices[number + 1 :])
    if schedule.provider:
        yield replace(schedule, provider={})
    if schedule.cancelled_at is not None:
        yield replace(schedule, cancelled_at=None)
