"""Schedules: at each of its times a schedule's targets get its input."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from local_emulator.functions.destinations import Destinations, UnreachableError
from local_emulator.model import ACCOUNT_ID, REGION, Schedule
from local_emulator.sources.expressions import parse
from local_emulator.sources.target_input import target_input

logger = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], datetime]

_LONGEST_SLEEP_SECONDS = 60.0
"""A machine that was suspended meanwhile notices within a minute."""
_CONTEXT = re.compile(r"<aws\.scheduler\.([a-z-]+)>")


def _now() -> datetime:
    return datetime.now(UTC)


class ScheduleSource:
    """One schedule."""

    def __init__(
        self,
        schedule: Schedule,
        destinations: Destinations,
        *,
        clock: Clock = _now,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._schedule = schedule
        self._destinations = destinations
        self._clock = clock
        self._sleep = sleep
        self._next = parse(schedule.expression, schedule.timezone)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to wait for the first time."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """No more runs."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        schedule = self._schedule
        last = self._clock()
        if schedule.starts:
            last = max(last, datetime.fromisoformat(schedule.starts))
        ends = datetime.fromisoformat(schedule.ends) if schedule.ends else None
        while (due := self._next(last)) is not None and (ends is None or due <= ends):
            while (left := (due - self._clock()).total_seconds()) > 0:
                await self._sleep(min(left, _LONGEST_SLEEP_SECONDS))
            await self._fire(due)
            # What was missed while the machine slept is not made up for.
            now = self._clock()
            last = now if (now - due).total_seconds() > _LONGEST_SLEEP_SECONDS else due
        logger.info("%s has no further times", schedule.logical_id)

    async def _fire(self, due: datetime) -> None:
        event = self._event(due)
        for target in self._schedule.targets:
            settings = target.settings
            if self._schedule.source == "aws.scheduler" and settings.get("Input"):
                settings = {**settings, "Input": self._with_context(str(settings["Input"]), due)}
            try:
                await self._send(target.arn, target_input(settings, event, self._schedule.arn), settings)
            except UnreachableError as error:
                logger.warning("%s: %s", self._schedule.logical_id, error)

    async def _send(self, arn: str, given: Any, settings: Mapping[str, Any]) -> None:
        if ":lambda:" in arn:
            await self._destinations.send(arn, given, detail_type="")
        else:
            group = (settings.get("SqsParameters") or {}).get("MessageGroupId")
            text = given if isinstance(given, str) else json.dumps(given)
            await self._destinations.send_text(arn, text, group=group)

    def _event(self, due: datetime) -> dict[str, Any]:
        """docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html; a rule's `detail` is an object."""
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": self._schedule.source,
            "account": ACCOUNT_ID,
            "time": _stamp(due),
            "region": REGION,
            "resources": [self._schedule.arn],
            "detail": {} if self._schedule.source == "aws.events" else "{}",
        }

    def _with_context(self, text: str, due: datetime) -> str:
        """docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html"""
        values = {
            "schedule-arn": self._schedule.arn,
            "scheduled-time": _stamp(due),
            "execution-id": str(uuid.uuid4()),
            "attempt-number": "1",
        }
        return _CONTEXT.sub(lambda found: values.get(found[1], found[0]), text)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
