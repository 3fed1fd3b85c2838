"""Schedules made by hand: one for each mechanism that the promises rest on, so that no campaign is without it."""

from __future__ import annotations

from tests.chaos.schedule import Device, Rule, Schedule, Stroke


def _rule(where: str, action: str, **more: object) -> Rule:
    return {"name": f"{where}-{action}", "where": where, "action": action, **more}


def _drop(at: float) -> Stroke:
    return Stroke(at=at, path="/connections/*", body={"action": "drop"})


NOBODY_WATCHES = Schedule(name="nobody-watches", trouble_seconds=1.0)
"""No client comes, so that only the job's watch message can launch it."""

TWICE = Schedule(
    name="twice",
    devices=(Device(client="plain"), Device(client="bookstrack")),
    rules=(_rule("queue", "duplicate", match={"queue": "WorkQueue"}),),
)
"""Every message of the work queue is delivered twice, at once: two workers have the same works."""

TWO_LAST_WORKERS = Schedule(
    name="two-last-workers",
    devices=(Device(client="plain"), Device(client="bookstrack")),
    rules=(_rule("table", "delay", match={"operation": "Query"}, seconds=0.5),),
)
"""Counts take so long to read that several workers find that theirs was the last item."""

GONE_WITHOUT_A_WORD = Schedule(
    name="gone-without-a-word",
    devices=(
        Device(client="plain", joins=-11, leaves=4),
        Device(client="plain"),
        Device(client="bookstrack"),
    ),
    rules=(_rule("function", "fail", match={"function": "DisconnectFunction"}),),
)
"""A device is gone long before the job starts, and $disconnect fails."""

CUT_OFF = Schedule(
    name="cut-off",
    devices=(Device(client="bookstrack"), Device(client="plain", subscribes=True)),
    strokes=tuple(_drop(at) for at in (0.6, 1.2, 1.8, 2.4)),
    provider={"latency": 0.15},
)
"""All sockets break again and again: each new one is shown the state anew."""

STALE = Schedule(
    name="stale",
    devices=tuple(Device(client="plain", joins=round(0.5 * number, 1)) for number in range(30)),
    rules=(_rule("table", "stale", seconds=3),),
    trouble_seconds=60.0,
)
"""Reads that are not strongly consistent lag behind, while one device after the other comes, beyond the end."""

POISON = Schedule(
    name="poison",
    devices=(Device(client="plain"), Device(client="bookstrack", joins=1)),
    rules=(_rule("function", "kill", match={"function": "EnrichChunkFunction"}, seconds=0.3),),
    trouble_seconds=60.0,
)
"""Every worker dies over its chunk, until the dead-letter queue has them all and they are given up."""

EXAMPLES = (STALE, POISON, NOBODY_WATCHES, TWICE, TWO_LAST_WORKERS, GONE_WITHOUT_A_WORD, CUT_OFF)
