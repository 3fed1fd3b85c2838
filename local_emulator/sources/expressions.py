"""When a schedule runs: `rate(5 minutes)`, `cron(0 10 * * ? *)`, `at(2026-01-31T08:00:00)`.

docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html; EventBridge's rules know the first two.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aws_croniter import AwsCroniter

Next = Callable[[datetime], datetime | None]
"""The first time after a moment, None where there is none; both in UTC."""

_EXPRESSION = re.compile(r"\s*(rate|cron|at)\((.*)\)\s*")
_RATE = re.compile(r"([1-9]\d*) (minute|hour|day)s?")


class ExpressionError(ValueError):
    """An expression cannot be understood; the message quotes it."""


def parse(expression: str, timezone: str = "UTC") -> Next:
    """How an expression goes on.

    A rate is counted from the moment that is asked about: from the last run, and at first from the start.

    Raises:
        ExpressionError: it, or the time zone, is none.
    """
    found = _EXPRESSION.fullmatch(expression)
    try:
        zone = ZoneInfo(timezone)
        if found is None:
            raise ExpressionError("rate(…), cron(…) or at(…) is wanted")
        match found[1]:
            case "rate":
                return _rate(found[2].strip())
            case "cron":
                return _cron(found[2].strip(), zone)
        return _at(found[2].strip(), zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ExpressionError(
            f"the schedule {expression} ({timezone}) cannot be understood: {error}"
        ) from error


def _rate(text: str) -> Next:
    found = _RATE.fullmatch(text)
    if found is None:
        raise ExpressionError("a rate is a number and minutes, hours or days")
    step = timedelta(**{f"{found[2]}s": int(found[1])})
    return lambda moment: moment + step


def _cron(text: str, zone: ZoneInfo) -> Next:
    schedule = AwsCroniter(text)

    def following(moment: datetime) -> datetime | None:
        # The library counts in UTC alone: the zone's own hours are passed off as such, and brought back.
        local = moment.astimezone(zone).replace(tzinfo=UTC)
        found: datetime | None = schedule.get_next(local)[0]
        if found is None:
            return None
        first, second = (found.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        # In the hour that clocks go through twice, the first of the two may be over.
        return first if first > moment else second

    return following


def _at(text: str, zone: ZoneInfo) -> Next:
    once = datetime.fromisoformat(text)
    moment_of = (once if once.tzinfo else once.replace(tzinfo=zone)).astimezone(UTC)
    return lambda moment: moment_of if moment_of > moment else None
