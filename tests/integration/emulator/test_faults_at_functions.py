"""What goes wrong with functions in real runtime processes when a fault asks for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from local_emulator.faults import Faults
from local_emulator.faults.rules import parse
from local_emulator.functions.pool import Pool
from local_emulator.invocation import TooManyRequestsError
from tests.integration.emulator.helpers import eventually, function


@asynccontextmanager
async def running(
    handler: str, *rules: dict[str, Any], **settings: Any
) -> AsyncIterator[tuple[Pool, list[str]]]:
    lines: list[str] = []
    faults = Faults(parse([{"where": "function", **rule} for rule in rules]))
    pool = Pool({"F": function(handler, **settings)}, log=lambda _, line: lines.append(line), faults=faults)
    pool.open({})
    try:
        yield pool, lines
    finally:
        await pool.stop()


async def test_process_is_killed_before_the_function_runs() -> None:
    """H7: Runtime.ExitError by a signal; the next invocation finds a new process."""
    async with running("general.misbehave", {"action": "kill", "nth": 2}) as (pool, lines):
        first = await pool.invoke("F", {})
        second = await pool.invoke("F", {"print": "ran"})
        third = await pool.invoke("F", {})

    assert (None, "Runtime.ExitError", None) == (first.error, second.error, third.error)
    assert "signal: killed" in second.value()["errorMessage"]
    assert first.value()["pid"] != third.value()["pid"]
    assert "ran" not in lines


async def test_process_is_killed_after_the_function_ran() -> None:
    """The work is done and the answer is lost: whoever tries again does it twice."""
    async with running("general.misbehave", {"action": "kill", "when": "after", "nth": 1}) as (pool, lines):
        killed = await pool.invoke("F", {"print": "ran"})
        after = await pool.invoke("F", {})

    assert ("Runtime.ExitError", None) == (killed.error, after.error)
    assert "ran" in lines


async def test_process_is_killed_in_the_middle() -> None:
    """So many seconds after the function has begun."""
    rule = {"action": "kill", "seconds": 0.2, "nth": 1}
    async with running("general.misbehave", rule) as (pool, lines):
        killed = await pool.invoke("F", {"print": "began", "sleep": 30})

    assert "Runtime.ExitError" == killed.error
    assert "began" in lines


async def test_function_that_is_done_in_time_is_not_killed() -> None:
    """Nor is the invocation after it."""
    rule = {"action": "kill", "seconds": 0.3, "nth": 1}
    async with running("general.misbehave", rule) as (pool, _):
        quick = await pool.invoke("F", {})
        slow = await pool.invoke("F", {"sleep": 0.5})

    assert (None, None) == (quick.error, slow.error)
    assert quick.value()["pid"] == slow.value()["pid"]


async def test_slow_function_takes_its_time() -> None:
    """The delay counts as the function's own duration."""
    async with running("general.misbehave", {"action": "delay", "seconds": 0.3}) as (pool, _):
        started = time.monotonic()
        outcome = await pool.invoke("F", {})

    assert outcome.error is None
    assert time.monotonic() - started >= 0.3
    assert outcome.duration_ms >= 300


async def test_slow_function_times_out() -> None:
    """H3: the delay counts against the function's own time-out."""
    async with running("general.misbehave", {"action": "delay", "seconds": 30}, timeout_seconds=1) as (
        pool,
        _,
    ):
        outcome = await pool.invoke("F", {})

    assert "Sandbox.Timedout" == outcome.error


@pytest.mark.parametrize(("when", "ran"), [("before", False), ("after", True)])
async def test_function_fails(when: str, ran: bool) -> None:
    """As if it had raised, without or after its work; its process lives on."""
    rule = {"action": "fail", "when": when, "message": "out of luck", "nth": 2}
    async with running("general.misbehave", rule) as (pool, lines):
        before = await pool.invoke("F", {})
        failed = await pool.invoke("F", {"print": "ran"})
        after = await pool.invoke("F", {})

    assert "Unhandled" == failed.error
    assert "out of luck" == failed.value()["errorMessage"]
    assert failed.request_id == failed.value()["requestId"]
    assert ran == ("ran" in lines)
    assert before.value()["pid"] == after.value()["pid"]


async def test_function_is_throttled() -> None:
    """H2: Lambda's 429, for whoever calls."""
    async with running("general.misbehave", {"action": "throttle", "times": 1}) as (pool, _):
        with pytest.raises(TooManyRequestsError, match="rule-1"):
            await pool.invoke("F", {})

        assert (await pool.invoke("F", {})).error is None


async def test_environments_are_killed_at_once() -> None:
    """What runs in them ends with Runtime.ExitError."""
    async with running("general.misbehave") as (pool, _):
        await pool.invoke("F", {})
        sleeping = asyncio.create_task(pool.invoke("F", {"sleep": 30}))
        await eventually(lambda: any(environment.busy for environment in pool.environments()))

        assert 1 == pool.kill("F")
        assert "Runtime.ExitError" == (await sleeping).error
        with pytest.raises(KeyError):
            pool.kill("Nobody")
