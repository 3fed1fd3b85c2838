"""Node.js functions in real runtime processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_emulator import nodejs
from local_emulator.functions.answers import MAX_PAYLOAD_BYTES
from local_emulator.functions.pool import Pool
from local_emulator.nodejs import interface_client, interpreter
from tests.integration.emulator.helpers import FUNCTIONS, alive, eventually, function

Lines = list[str]


@asynccontextmanager
async def running(handler: str, **settings: Any) -> AsyncIterator[tuple[Pool, Lines]]:
    lines: Lines = []
    made = function(handler, **{"code": FUNCTIONS / "nodejs", "runtime": "nodejs22.x", **settings})
    await asyncio.to_thread(nodejs.prepare, [made])
    pool = Pool({"F": made}, log=lambda _, line: lines.append(line))
    pool.open({})
    try:
        yield pool, lines
    finally:
        await pool.stop()


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    package = tmp_path / "nodejs" / "node_modules" / "local-greeting"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"name": "local-greeting", "main": "index.js"}')
    (package / "index.js").write_text('exports.greeting = "from a layer";')
    return tmp_path


@pytest.mark.parametrize("runtime", nodejs.RUNTIMES)
async def test_invoke_hands_the_event_over_and_returns_the_answer(runtime: str) -> None:
    """H1: event and context as Lambda gives them, and an environment that is used again."""
    async with running("common.echo", runtime=runtime, timeout_seconds=7) as (pool, _):
        first = await pool.invoke("F", {"greeting": "grüße"})
        second = await pool.invoke("F", {})

        answer = first.value()
        assert answer["event"] == {"greeting": "grüße"}
        assert answer["requestId"] == first.request_id
        assert answer["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:local-F"
        assert 5_000 < answer["remaining"] <= 7_000
        assert (first.cold, second.cold) == (True, False)
        assert second.value()["invocations"] == 2


async def test_callback_handler_answers_and_fails() -> None:
    """Up to nodejs22.x a handler may take a callback, whose first argument is the error."""
    async with running("common.callBack") as (pool, _):
        good = await pool.invoke("F", {"a": 1})
        bad = await pool.invoke("F", {"fail": "no"})

        assert good.value() == {"given": {"a": 1}}
        assert bad.error == "Unhandled"
        assert (bad.value()["errorType"], bad.value()["errorMessage"]) == ("TypeError", "no")


async def test_callback_handler_is_refused_since_node_24() -> None:
    """Lambda took callbacks away with nodejs24.x."""
    async with running("common.callBack", runtime="nodejs24.x") as (pool, _):
        outcome = await pool.invoke("F", {})

        assert outcome.error == "Runtime.CallbackHandlerDeprecated"


@pytest.mark.parametrize("runtime", ["nodejs20.x", "nodejs24.x"])
async def test_module_handler_finds_a_layer(layer: Path, runtime: str) -> None:
    """An ES module with a top-level await; its imports are found by NODE_PATH, as on Lambda."""
    async with running("modern.handler", runtime=runtime, layers=(layer,)) as (pool, _):
        outcome = await pool.invoke("F", {"a": 1})

        assert outcome.value() == {"loaded": "loaded", "greeting": "from a layer", "event": {"a": 1}}


async def test_common_handler_finds_a_layer(layer: Path) -> None:
    """`require` sees /opt/nodejs/node_modules, the last layer first."""
    async with running("common.fromLayer", layers=(layer,)) as (pool, _):
        assert (await pool.invoke("F", {})).value() == "from a layer"


async def test_error_has_type_message_and_trace() -> None:
    """H8: the error object of a handler that throws; the environment lives on."""
    async with running("common.misbehave") as (pool, lines):
        outcome = await pool.invoke("F", {"throw": "no such luck"})

        assert outcome.error == "Unhandled"
        assert outcome.value()["errorType"] == "RangeError"
        assert outcome.value()["errorMessage"] == "no such luck"
        assert outcome.value()["trace"][0] == "RangeError: no such luck"
        assert any("no such luck" in line for line in lines)
        assert not (await pool.invoke("F", {})).cold


async def test_uncaught_exception_is_reported_before_the_process_ends() -> None:
    """An exception outside the handler's promise is the invocation's error, though the runtime exits on it."""
    async with running("common.misbehave") as (pool, _):
        outcome = await pool.invoke("F", {"uncaught": "thrown later"})

        assert outcome.error == "Unhandled"
        assert outcome.value()["errorType"] == "RangeError"
        assert outcome.value()["errorMessage"] == "thrown later"
        await eventually(lambda: not pool.environments())
        assert (await pool.invoke("F", {})).cold


async def test_exit_and_time_out_end_the_environment() -> None:
    """H3 and H7: the same outcomes as in any other language."""
    async with running("common.misbehave", timeout_seconds=1) as (pool, _):
        exited = await pool.invoke("F", {"exit": 3})
        timed_out = await pool.invoke("F", {"sleep": 30})

        assert exited.error == "Runtime.ExitError"
        assert "exit status 3" in exited.value()["errorMessage"]
        assert timed_out.error == "Sandbox.Timedout"


async def test_answer_of_six_megabytes_passes_and_a_larger_one_does_not() -> None:
    """H9: events and answers of Lambda's own limit."""
    async with running("common.misbehave", timeout_seconds=20) as (pool, _):
        largest = await pool.invoke("F", {"size": MAX_PAYLOAD_BYTES - 2})
        larger = await pool.invoke("F", {"size": MAX_PAYLOAD_BYTES})

        assert len(largest.payload) == MAX_PAYLOAD_BYTES
        assert larger.error == "Function.ResponseSizeTooLarge"


async def test_function_sees_lambda_and_not_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """H5: Lambda's variables and those of the template, in the code's folder, and nothing of the host's."""
    monkeypatch.setenv("SECRET_OF_THE_HOST", "1")
    async with running("common.surroundings", environment={"MINE": "yes"}) as (pool, _):
        answer = (await pool.invoke("F", {})).value()

        variables = answer["variables"]
        assert answer["cwd"] == str(FUNCTIONS / "nodejs")
        assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_nodejs22.x"
        assert (variables["_HANDLER"], variables["MINE"]) == ("common.surroundings", "yes")
        assert "PYTHONPATH" not in variables
        assert "SECRET_OF_THE_HOST" not in variables


@pytest.mark.parametrize("runtime", ["nodejs22.x", "nodejs24.x"])
@pytest.mark.parametrize(
    ("handler", "error"),
    [
        pytest.param("missing.handler", "Runtime.ImportModuleError", id="no-module"),
        pytest.param("common.missing", "Runtime.HandlerNotFound", id="no-function"),
    ],
)
async def test_invoke_says_why_a_function_cannot_be_loaded(handler: str, error: str, runtime: str) -> None:
    """H7: initialisation errors keep the runtime's own type."""
    async with running(handler, runtime=runtime) as (pool, _):
        outcome = await pool.invoke("F", {})

        assert outcome.error == error
        assert outcome.value()["requestId"] == outcome.request_id


@pytest.mark.parametrize("handler", ["sdk.handler", "common_sdk.handler"])
async def test_missing_sdk_package_says_where_to_install_it(handler: str) -> None:
    """Lambda's runtime brings the SDK along, this machine does not: the log says what to do."""
    async with running(handler) as (pool, lines):
        outcome = await pool.invoke("F", {})

        assert outcome.error is not None
        assert any(line.endswith("@aws-sdk/client-nothing") and "npm install" in line for line in lines)


async def test_processes_end_with_the_pool() -> None:
    """A pool that stops leaves no Node.js behind."""
    async with running("common.misbehave") as (pool, _):
        pid = (await pool.invoke("F", {})).value()["pid"]

    assert not alive(pid)


def test_fetch_without_network_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing, the command to run, and npm's own words."""
    monkeypatch.setattr(interface_client, "FOLDER", tmp_path / "runtime")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")

    with pytest.raises(
        nodejs.NodeJsError, match=r"run: python -m local_emulator.nodejs\nnpm says: .*ECONNREFUSED"
    ):
        nodejs.prepare([function("common.echo", runtime="nodejs22.x")])


def test_fetch_refuses_what_is_not_the_published_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checksum is pinned."""
    monkeypatch.setattr(interface_client, "FOLDER", tmp_path)
    other = replace(interface_client.release("nodejs22.x"), sha512="of another package")

    with pytest.raises(nodejs.NodeJsError, match="checksum"):
        interface_client.fetch(other, interpreter.interpreter("nodejs22.x"))

    assert list(tmp_path.iterdir()) == []
