"""Functions in real runtime processes."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from local_emulator import descriptors
from local_emulator.functions.answers import MAX_PAYLOAD_BYTES
from local_emulator.functions.pool import Pool
from local_emulator.functions.process import RuntimeProcess
from local_emulator.invocation import TooManyRequestsError
from tests.integration.emulator.helpers import FUNCTIONS, alive, eventually, function

Lines = list[tuple[str, str]]


@asynccontextmanager
async def running(
    handler: str, *, idle_seconds: float = 300, **settings: Any
) -> AsyncIterator[tuple[Pool, Lines]]:
    lines: Lines = []
    made = function(handler, **settings)
    pool = Pool({"F": made}, log=lambda name, line: lines.append((name, line)), idle_seconds=idle_seconds)
    pool.open({})
    try:
        yield pool, lines
    finally:
        await pool.stop()


async def test_invoke_hands_the_event_over_and_returns_the_answer() -> None:
    """H1: the function gets the event and the context that Lambda gives it."""
    async with running("general.echo", timeout_seconds=7) as (pool, _):
        outcome = await pool.invoke("F", {"greeting": "grüße"})

        answer = outcome.value()
        assert answer["event"] == {"greeting": "grüße"}
        assert answer["request_id"] == outcome.request_id
        assert answer["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:local-F"
        assert 5_000 < answer["remaining"] <= 7_000
        assert outcome.cold


async def test_invoke_reuses_the_environment_when_it_is_free() -> None:
    """H10: module state lives on, and only the first start is cold."""
    async with running("general.echo") as (pool, _):
        first = await pool.invoke("F", {})
        second = await pool.invoke("F", {})

        assert (first.value()["invocations"], second.value()["invocations"]) == (1, 2)
        assert (first.cold, second.cold) == (True, False)
        assert len(pool.environments()) == 1


async def test_invoke_starts_another_environment_when_all_are_busy() -> None:
    """H2: one invocation at a time in an environment."""
    async with running("general.misbehave") as (pool, _):
        outcomes = await asyncio.gather(*(pool.invoke("F", {"sleep": 0.5}) for _ in range(3)))

        assert len({outcome.value()["pid"] for outcome in outcomes}) == 3


async def test_invoke_waits_when_the_default_bound_is_reached() -> None:
    """Without reserved concurrency what exceeds ten environments waits."""
    async with running("general.misbehave") as (pool, _):
        outcomes = await asyncio.gather(*(pool.invoke("F", {"sleep": 0.2}) for _ in range(14)))

        assert all(outcome.error is None for outcome in outcomes)
        assert len({outcome.value()["pid"] for outcome in outcomes}) <= 10


async def test_invoke_is_throttled_when_reserved_concurrency_is_used_up() -> None:
    """H2: 429 for what exceeds the reserve, and room again afterwards."""
    async with running("general.misbehave", reserved_concurrency=1) as (pool, _):
        first = asyncio.create_task(pool.invoke("F", {"sleep": 0.5}))
        await eventually(lambda: any(environment.busy for environment in pool.environments()))

        with pytest.raises(TooManyRequestsError, match="1 reserved"):
            await pool.invoke("F", {})

        assert (await first).error is None
        assert (await pool.invoke("F", {})).error is None


async def test_invoke_returns_the_error_object_when_the_function_raises() -> None:
    """H8: the error is `Unhandled`, and the environment lives on."""
    async with running("general.misbehave") as (pool, lines):
        outcome = await pool.invoke("F", {"raise": "no such luck"})

        assert outcome.error == "Unhandled"
        assert outcome.value()["errorType"] == "ValueError"
        assert outcome.value()["errorMessage"] == "no such luck"
        assert outcome.value()["requestId"] == outcome.request_id
        assert outcome.value()["stackTrace"]
        assert any("[ERROR] ValueError: no such luck" in line for _, line in lines)
        assert not (await pool.invoke("F", {})).cold


@pytest.mark.parametrize(
    ("handler", "error", "said"),
    [
        pytest.param(
            "unimportable.handler", "Runtime.ImportModuleError", "no_such_module", id="broken-import"
        ),
        pytest.param("missing.handler", "Runtime.ImportModuleError", "missing", id="no-module"),
        pytest.param("general.missing", "Runtime.HandlerNotFound", "missing", id="no-function"),
    ],
)
async def test_invoke_says_why_a_function_cannot_be_loaded(handler: str, error: str, said: str) -> None:
    """H7: initialisation errors keep the runtime's own type and message, at every invocation."""
    async with running(handler) as (pool, _):
        for _ in range(2):
            outcome = await pool.invoke("F", {})

            assert outcome.error == error
            assert said in outcome.value()["errorMessage"]
            assert outcome.value()["requestId"] == outcome.request_id


async def test_invoke_ends_the_environment_when_the_function_times_out() -> None:
    """H3: killed at its time-out; the next invocation starts cold."""
    async with running("general.misbehave", timeout_seconds=1) as (pool, lines):
        outcome = await pool.invoke("F", {"sleep": 30})

        assert outcome.error == "Sandbox.Timedout"
        assert f"{outcome.request_id} Task timed out after 1.00 seconds" in outcome.value()["errorMessage"]
        assert any(line.endswith("Status: timeout") for _, line in lines)
        assert (await pool.invoke("F", {})).cold


@pytest.mark.parametrize(
    ("status", "said"), [(0, "without providing a reason"), (3, "exit status 3")], ids=["zero", "three"]
)
async def test_invoke_reports_a_process_that_exits(status: int, said: str) -> None:
    """H7: a runtime that ends before it answers is a Runtime.ExitError."""
    async with running("general.misbehave") as (pool, _):
        outcome = await pool.invoke("F", {"exit": status})

        assert outcome.error == "Runtime.ExitError"
        assert said in outcome.value()["errorMessage"]
        assert (await pool.invoke("F", {})).error is None


async def test_invoke_reports_a_process_that_is_killed() -> None:
    """A worker that dies under its invocation is noticed at once, not at the time-out."""
    async with running("general.misbehave", timeout_seconds=60) as (pool, _):
        task = asyncio.create_task(pool.invoke("F", {"sleep": 50}))
        busy = await eventually(lambda: [found for found in pool.environments() if found.busy])

        os.kill(busy[0].pid, signal.SIGKILL)
        async with asyncio.timeout(5):
            outcome = await task

        assert outcome.error == "Runtime.ExitError"
        assert "signal: killed" in outcome.value()["errorMessage"]
        assert pool.environments() == []


async def test_invoke_recovers_when_an_idle_environment_was_killed() -> None:
    """An environment that died between invocations is replaced, not handed out."""
    async with running("general.echo") as (pool, _):
        await pool.invoke("F", {})
        os.kill(pool.environments()[0].pid, signal.SIGKILL)
        await eventually(lambda: not pool.environments())

        assert (await pool.invoke("F", {})).cold


async def test_invoke_lets_the_function_run_on_when_the_caller_gives_up() -> None:
    """An integration's time-out is the caller's: the function is not stopped by it."""
    async with running("general.misbehave", timeout_seconds=10) as (pool, lines):
        await pool.invoke("F", {})
        with pytest.raises(TimeoutError):
            await pool.invoke("F", {"sleep": 0.5, "print": "late"}, timeout_seconds=0.1)

        await eventually(lambda: ("F", "late") in lines and lines[-1][1].startswith("REPORT"))
        assert len(pool.environments()) == 1


@pytest.mark.parametrize("size", [MAX_PAYLOAD_BYTES + 1], ids=["over-6-MB"])
async def test_invoke_fails_when_a_payload_is_too_large(size: int) -> None:
    """H9: neither an event nor an answer may exceed 6 MB."""
    async with running("general.misbehave") as (pool, _):
        answered = await pool.invoke("F", {"size": size})
        sent = await pool.invoke("F", {"padding": "x" * size})

        assert answered.error == "Function.ResponseSizeTooLarge"
        assert sent.error == "RequestTooLargeException"
        assert (await pool.invoke("F", {})).error is None


async def test_log_frames_the_function_lines_with_the_platform_lines() -> None:
    """H6: START, the function's lines, END, REPORT, with Init Duration on a cold start only."""
    async with running("general.misbehave") as (pool, lines):
        outcome = await pool.invoke("F", {"print": "one\ntwo"})

        assert [line.split(":")[0] for _, line in lines] == [
            "START RequestId",
            "one",
            "two",
            "END RequestId",
            "REPORT RequestId",
        ]
        assert outcome.request_id in lines[0][1]
        assert "Init Duration" in lines[-1][1]
        await pool.invoke("F", {})
        assert "Init Duration" not in lines[-1][1]


async def test_print_cannot_forge_an_answer() -> None:
    """Only the Runtime API answers; whatever is printed is log."""
    async with running("general.misbehave") as (pool, lines):
        forged = '{"statusCode": 200, "body": "forged"}'
        outcome = await pool.invoke("F", {"print": forged})

        assert set(outcome.value()) == {"pid"}
        assert ("F", forged) in lines


async def test_process_sees_nothing_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """H5: Lambda's variables and the template's, and no way to import what surrounds the code."""
    monkeypatch.setenv("HOST_SECRET", "visible")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    async with running("general.surroundings", environment={"MINE": "1"}, memory_mb=256) as (pool, _):
        seen = (await pool.invoke("F", {})).value()

        variables = seen["variables"]
        assert not {"HOST_SECRET", "AWS_PROFILE", "VIRTUAL_ENV"} & set(variables)
        assert variables["MINE"] == "1"
        assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "us-east-1"
        assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "local-F"
        assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
        assert variables["LAMBDA_TASK_ROOT"] == str(FUNCTIONS)
        assert variables["TZ"] == ":UTC"
        assert variables["_HANDLER"] == "general.surroundings"
        assert variables["_X_AMZN_TRACE_ID"].startswith("Root=1-")
        assert seen["cwd"] == seen["path"][0] == str(FUNCTIONS)
        assert str(FUNCTIONS.parents[3]) not in seen["path"]


async def test_layers_are_importable_after_the_code(tmp_path: Any) -> None:
    """H12: a layer's `python` folder is on the path, and the function's own modules win."""
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "general.py").write_text("raise RuntimeError('the layer must not win')")
    async with running("general.surroundings", layers=(tmp_path,)) as (pool, _):
        path = (await pool.invoke("F", {})).value()["path"]

        assert path.index(str(tmp_path / "python")) == 1


async def test_stop_ends_every_process_and_answers_what_runs() -> None:
    """No child outlives the pool, and nobody waits for ever."""
    async with running("general.misbehave", timeout_seconds=60) as (pool, _):
        task = asyncio.create_task(pool.invoke("F", {"sleep": 50}))
        await eventually(lambda: any(environment.busy for environment in pool.environments()))
        pids = [environment.pid for environment in pool.environments()]

        async with asyncio.timeout(5):
            await pool.stop()

        assert (await task).error == "Runtime.ExitError"
        assert not any(alive(pid) for pid in pids)
        assert (await pool.invoke("F", {})).error == "Runtime.ExitError"


def test_function_is_found_by_id_name_and_arn() -> None:
    """An SDK may name a function in each of these ways, with or without a version."""
    made = function("general.echo")
    pool = Pool({"F": made}, log=lambda name, line: None)
    find: Callable[[str], Any] = pool.function

    for name in ("F", "local-F", made.arn, f"{made.arn}:$LATEST", "local-F:7"):
        assert find(name) is made
    assert find("G") is None


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second environment merely because the machine is busy."""
    monkeypatch.setattr("local_emulator.functions.group._PATIENCE_SECONDS", 10.0)


async def test_environment_stays_in_use_over_many_invocations(patient: None) -> None:
    """The process may ask for its next invocation before the caller has its answer; it is not lost over that."""
    async with running("general.echo") as (pool, _):
        for number in range(1, 201):
            outcome = await pool.invoke("F", {})

            assert outcome.value()["invocations"] == number


def test_environment_is_not_lost_on_uvloop(patient: None) -> None:
    """The same on the event loop that the command line uses, which orders its callbacks differently."""
    uvloop = pytest.importorskip("uvloop")

    async def invoke_many() -> int:
        async with running("general.echo") as (pool, _):
            outcomes = [await pool.invoke("F", {}) for _ in range(200)]
            return int(outcomes[-1].value()["invocations"])

    assert uvloop.run(invoke_many()) == 200


async def test_idle_environment_is_ended_after_its_time() -> None:
    """One that is busy is not; the next invocation starts another."""
    async with running("general.misbehave", idle_seconds=0.2) as (pool, _):
        first = await pool.invoke("F", {})
        await eventually(lambda: not pool.environments())
        second = await pool.invoke("F", {"sleep": 0.5})

        assert not alive(first.value()["pid"])
        assert second.error is None
        assert second.cold


async def test_child_of_a_function_ends_with_it() -> None:
    """Also one that takes no notice of a polite request."""
    async with running("general.misbehave") as (pool, _):
        child = (await pool.invoke("F", {"child": True})).value()["child"]
        assert alive(child)

    await eventually(lambda: not alive(child))


async def test_peak_memory_is_unknown_once_the_process_has_ended() -> None:
    """A function that died has no figure, and no error either."""
    process = await RuntimeProcess.start(
        ["/bin/sh", "-c", "read line"], cwd=FUNCTIONS, variables={}, on_line=lambda line: None
    )
    await process.wait()

    assert process.peak_memory_mb() is None

    process.close()
    assert process.peak_memory_mb() is None


async def test_function_may_open_as_many_files_as_on_lambda() -> None:
    """The quota of file descriptors is a function's own, whatever the emulator takes for its connections."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptors.allow(descriptors.OWN)
    try:
        async with running("general.file_descriptors") as (pool, _):
            outcome = await pool.invoke("F", {})
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    assert outcome.value() == 1024
