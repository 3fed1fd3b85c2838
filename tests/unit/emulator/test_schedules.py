"""When schedules run, and what their targets get."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_emulator.functions.destinations import Destinations
from local_emulator.model import Schedule, ScheduleTarget
from local_emulator.sources.expressions import ExpressionError, parse
from local_emulator.sources.schedules import ScheduleSource
from local_emulator.sources.target_input import at_path, target_input

NOW = datetime(2026, 10, 23, 9, 40, 30, tzinfo=UTC)
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
RULE = "arn:aws:events:us-east-1:123456789012:rule/tick"


@pytest.mark.parametrize(
    ("expression", "timezone", "following"),
    [
        pytest.param("rate(1 minute)", "UTC", "2026-10-23T09:41:30", id="rate"),
        pytest.param("rate(2 days)", "UTC", "2026-10-25T09:40:30", id="rate-of-days"),
        pytest.param("cron(0/15 * * * ? *)", "UTC", "2026-10-23T09:45:00", id="cron"),
        pytest.param("cron(0 8 ? * MON *)", "UTC", "2026-10-26T08:00:00", id="day-of-week"),
        pytest.param("cron(0 8 L * ? *)", "UTC", "2026-10-31T08:00:00", id="last-day"),
        pytest.param("cron(0 13 * * ? *)", "Europe/Berlin", "2026-10-23T11:00:00", id="summer-time"),
        pytest.param("cron(0 13 26 * ? *)", "Europe/Berlin", "2026-10-26T12:00:00", id="winter-time"),
        pytest.param("at(2026-10-23T12:00:00)", "Europe/Berlin", "2026-10-23T10:00:00", id="at"),
        pytest.param("at(2026-10-23T09:00:00)", "UTC", None, id="at-passed"),
        pytest.param("cron(0 0 1 1 ? 2025)", "UTC", None, id="year-passed"),
    ],
)
def test_expression_gives_the_next_time(expression: str, timezone: str, following: str | None) -> None:
    """The first time after a moment, in UTC; a zone's own clock decides for cron and at."""
    expected = None if following is None else datetime.fromisoformat(following).replace(tzinfo=UTC)

    assert parse(expression, timezone)(NOW) == expected


def test_cron_goes_on_through_the_hour_that_comes_twice() -> None:
    """When clocks go back, a schedule neither stands still nor runs backwards."""
    following = parse("cron(0/30 * * * ? *)", "Europe/Berlin")
    moment = datetime(2026, 10, 24, 23, 45, tzinfo=UTC)
    times = []
    while moment < datetime(2026, 10, 25, 2, 0, tzinfo=UTC):
        found = following(moment)
        assert found is not None
        times.append(found)
        moment = found

    assert times == sorted(set(times))
    assert times[-1] >= datetime(2026, 10, 25, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "timezone"),
    [
        ("rate(0 minutes)", "UTC"),
        ("rate(5 seconds)", "UTC"),
        ("cron(0 0 * * *)", "UTC"),
        ("cron(0 0 * * * *)", "UTC"),
        ("at(tomorrow)", "UTC"),
        ("every minute", "UTC"),
        ("rate(1 minute)", "Mars/Olympus"),
    ],
)
def test_expression_that_is_none_is_quoted(expression: str, timezone: str) -> None:
    """What cannot be understood is refused, in words."""
    with pytest.raises(ExpressionError) as raised:
        parse(expression, timezone)

    assert expression in str(raised.value)


class Functions:
    """Takes events, and ends the wait once there are enough."""

    def __init__(self, enough: int) -> None:
        self.events: list[Any] = []
        self.done = asyncio.Event()
        self._enough = enough

    def submit_to(self, arn: str, event: Any) -> None:
        assert arn == FUNCTION
        self.events.append(event)
        if len(self.events) >= self._enough:
            self.done.set()


async def events_of(schedule: Schedule, count: int) -> list[Any]:
    """The first events of a schedule, with a clock that moves on when somebody sleeps."""
    functions = Functions(count)
    now = NOW

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    source = ScheduleSource(schedule, Destinations({}, functions), clock=lambda: now, sleep=sleep)
    await source.start()
    async with asyncio.timeout(10):
        await functions.done.wait()
    await source.stop()
    return functions.events[:count]


def schedule(expression: str, source: str = "aws.events", **settings: Any) -> Schedule:
    target = ScheduleTarget(arn=FUNCTION, settings=settings)
    return Schedule(logical_id="S", arn=RULE, source=source, expression=expression, targets=(target,))


async def test_rule_sends_the_scheduled_event() -> None:
    """At each of its times, with the time and the rule in it."""
    first, second = await events_of(schedule("cron(0/5 * * * ? *)"), 2)

    assert (first["time"], second["time"]) == ("2026-10-23T09:45:00Z", "2026-10-23T09:50:00Z")
    assert first["id"] != second["id"]
    del first["id"], first["time"]
    assert first == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "region": "us-east-1",
        "resources": [RULE],
        "detail": {},
    }


async def test_rate_counts_from_its_start() -> None:
    """The first run is one period after the start, and the next ones do not drift."""
    events = await events_of(schedule("rate(10 minutes)"), 3)

    assert [event["time"] for event in events] == [
        "2026-10-23T09:50:30Z",
        "2026-10-23T10:00:30Z",
        "2026-10-23T10:10:30Z",
    ]


async def test_scheduler_fills_its_attributes_in() -> None:
    """An input is sent instead of the event; the Scheduler knows attributes in it."""
    (event,) = await events_of(
        schedule("rate(1 minute)", "aws.scheduler", Input='{"at": "<aws.scheduler.scheduled-time>"}'), 1
    )

    assert event == {"at": "2026-10-23T09:41:30Z"}


EVENT = {"source": "shop", "time": "T", "detail": {"name": 'a "b"', "items": [{"id": 1}], "nothing": None}}


@pytest.mark.parametrize(
    ("target", "given"),
    [
        pytest.param({}, EVENT, id="event"),
        pytest.param({"Input": '{"a": 1}'}, {"a": 1}, id="input"),
        pytest.param({"InputPath": "$.detail.items[0].id"}, 1, id="path"),
        pytest.param(
            {"InputTransformer": {"InputPathsMap": {"n": "$.detail.name"}, "InputTemplate": '{"x": <n>}'}},
            {"x": 'a "b"'},
            id="variable",
        ),
        pytest.param(
            {
                "InputTransformer": {
                    "InputPathsMap": {"n": "$.detail.name", "i": "$.detail.items", "m": "$.missing"},
                    "InputTemplate": '{"x": "<n>!", "y": "<i><m>", "z": <m>}',
                }
            },
            {"x": 'a "b"!', "y": '[{"id": 1}]', "z": None},
            id="within-text",
        ),
        pytest.param(
            {"InputTransformer": {"InputTemplate": '"<aws.events.rule-name> of <aws.events.rule-arn>"'}},
            f"tick of {RULE}",
            id="rule",
        ),
        pytest.param(
            {"InputTransformer": {"InputTemplate": "it was <aws.events.event.ingestion-time>"}},
            'it was "T"',
            id="text",
        ),
    ],
)
def test_target_gets_its_input(target: dict[str, Any], given: Any) -> None:
    """The event, a constant, a part, or a template whose variables are filled in and stay valid JSON."""
    assert target_input(target, EVENT, RULE) == given


def test_path_to_nothing_gives_none() -> None:
    """Neither a missing member nor an index beyond the end is an error."""
    assert at_path(EVENT, "$.detail.items[7].id") is None
    assert at_path(EVENT, "$.source.deeper") is None
