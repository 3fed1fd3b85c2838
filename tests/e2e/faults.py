"""Faults while a test needs them, and what is left in a queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.e2e.conftest import System


@contextmanager
def faults(system: System, *rules: dict[str, Any]) -> Iterator[None]:
    """These rules (docs/emulator/faults.md) until the block ends."""
    answer = system.http.put("/_faults", json={"rules": list(rules)})
    assert answer.is_success, answer.text
    try:
        yield
    finally:
        system.http.delete("/_faults")


_USUAL = {"latency": 0.05}
"""Of the catalogue's settings, those that are not 0 in a good day of the impatient system."""


@contextmanager
def catalogue(system: System, **settings: float) -> Iterator[None]:
    """Bad days of the providers until the block ends."""
    system.set_catalogue(**settings)
    try:
        yield
    finally:
        system.set_catalogue(**{name: _USUAL.get(name, 0.0) for name in settings})


def messages_in(system: System, output: str) -> int:
    """How many messages the queue of that output has, whether they can be seen or not."""
    answer = system.client("sqs").get_queue_attributes(
        QueueUrl=system.stack.emulator["outputs"][output],
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ],
    )
    return sum(int(count) for count in answer["Attributes"].values())


def check_exact(system: System, job_id: str, work_ids: list[str], *, seconds: float = 90) -> dict[str, Any]:
    """Each work has one result, the record agrees with them, and the end is written. Gives the state."""
    state = system.wait(job_id, seconds=seconds)
    rows = system.results(job_id)
    assert work_ids == [row["workId"] for row in rows]
    assert ("completed", len(work_ids)) == (state["status"], state["processedItems"])
    assert state["failedItems"] == sum(row["status"] == "failed" for row in rows)
    return state
