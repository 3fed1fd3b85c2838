"""Schedules that run for real, by the machine's own clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.templates.events.conftest import Running

TEMPLATE = "schedules.yaml"


@pytest.fixture
async def running(certificates: Path) -> AsyncIterator[Running]:
    """The template, with something due in a few seconds."""
    soon = datetime.now(UTC) + timedelta(seconds=6)
    made = Running(TEMPLATE, certificates, {"Once": soon.strftime("%Y-%m-%dT%H:%M:%S")})
    async with made.emulator:
        yield made
    made.close()


async def test_schedule_reaches_function_and_queue(running: Running) -> None:
    """The function gets the Scheduler's event, the queue the input as text; what is not due stays quiet."""
    (event,) = await running.until(lambda: running.events("Reminded"))

    assert (event["source"], event["detail-type"], event["detail"]) == (
        "aws.scheduler",
        "Scheduled Event",
        "{}",
    )
    assert event["resources"] == ["arn:aws:scheduler:us-east-1:123456789012:schedule/default/RemindedOnce"]
    assert ["wake up"] == await running.messages("Queue")
    assert running.events("Ticking") == []
