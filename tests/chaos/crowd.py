"""Many jobs at once on one system, while at every place one occurrence in twenty goes wrong, without end."""

from __future__ import annotations

from collections.abc import Iterator

from tests.chaos.schedule import Device, Rule, Schedule

WORKS = 500
_SHARE = 0.05
_KINDS: tuple[dict[str, object], ...] = (
    {"where": "connect", "action": "refuse", "status": 503},
    {"where": "connect", "action": "drop"},
    {"where": "frame_in", "action": "drop"},
    {"where": "frame_in", "action": "close"},
    {"where": "frame_in", "action": "stall", "seconds": 3},
    {"where": "frame_in", "action": "lose"},
    {"where": "frame_out", "action": "drop"},
    {"where": "frame_out", "action": "close"},
    {"where": "frame_out", "action": "stall", "seconds": 3},
    {"where": "frame_out", "action": "lose"},
    {"where": "post", "action": "refuse", "status": 410},
    {"where": "post", "action": "refuse", "status": 429},
    {"where": "post", "action": "refuse", "status": 500, "delivered": True},
    {"where": "post", "action": "delay", "seconds": 0.5},
    {"where": "http", "action": "refuse", "status": 503},
    {"where": "function", "action": "kill", "seconds": 0.5},
    {"where": "function", "action": "kill", "when": "after"},
    {"where": "function", "action": "fail"},
    {"where": "function", "action": "delay", "seconds": 1},
    {"where": "function", "action": "throttle"},
    {"where": "queue", "action": "duplicate", "seconds": 0.5},
    {"where": "queue", "action": "delay", "seconds": 3},
    {"where": "queue", "action": "reorder", "seconds": 1},
    {"where": "table", "action": "throttle"},
    {"where": "table", "action": "fail"},
    {"where": "table", "action": "delay", "seconds": 0.1},
    {"where": "table", "action": "stale", "seconds": 2},
)


def crowd(jobs: int) -> list[Schedule]:
    """Schedules to be run together."""
    return [
        Schedule(
            name=f"crowd-{number}",
            works=WORKS,
            first_work=number * WORKS,
            devices=(
                Device(client="bookstrack"),
                Device(client="plain"),
                Device(client="plain", joins=5, compact=True),
            ),
            rules=tuple(_rules()),
            provider={"error_rate": _SHARE},
            trouble_seconds=600,
        )
        for number in range(jobs)
    ]


def _rules() -> Iterator[Rule]:
    for number, kind in enumerate(_KINDS, start=1):
        yield {"name": f"{number}", **kind, "probability": _SHARE, "seed": number}
