"""H: Lambda, by its Invoke API."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from typing import Any

import pytest

from tests.conformance.cases import DOCUMENTED, RECORDED, case
from tests.conformance.clients import call, error_of
from tests.conformance.target import Target, eventually, new_key

MB = 1024 * 1024


async def invoked(target: Target, function: str, **options: Any) -> tuple[Any, str | None]:
    """What a function answers, and whether that is an error. Keywords in capitals are for the call itself."""
    arguments = {name: options.pop(name) for name in list(options) if name[0].isupper()}
    answer = await call(
        target.client("lambda"),
        "invoke",
        FunctionName=target.outputs[f"{function}Name"],
        Payload=json.dumps(options).encode(),
        **arguments,
    )
    assert 200 == answer["StatusCode"]
    return json.loads(await asyncio.to_thread(answer["Payload"].read)), answer.get("FunctionError")


@case("H1", DOCUMENTED)
async def test_h1_the_runtime_hands_event_and_context_over(target: Target) -> None:
    """The runtime's API hands over request id, deadline, ARN, trace id and client context, and takes the answer."""
    context = base64.b64encode(json.dumps({"custom": {"a": "b"}}).encode()).decode()
    seen, error = await invoked(target, "Worker", ClientContext=context)

    assert None is error
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", seen["requestId"])
    name = target.outputs["WorkerName"]
    assert re.fullmatch(rf"arn:aws:lambda:[a-z0-9-]+:\d{{12}}:function:{name}", seen["arn"])
    assert seen["variables"]["_X_AMZN_TRACE_ID"].startswith("Root=1-")
    assert {"a": "b"} == seen["clientContext"]


@case(
    "H2",
    DOCUMENTED,
    simplified="beside others an environment is started after a wait of 50 ms, or later where all that wait are served "
    "sooner than a process is up; without reserved concurrency a function has at most 10, and what comes on top waits",
)
async def test_h2_an_environment_has_one_invocation_at_a_time(target: Target) -> None:
    """An environment has one invocation at a time; a further one starts another environment."""
    keys = [new_key(), new_key()]
    running = [asyncio.create_task(invoked(target, "Worker", case=key, **{"await": key})) for key in keys]
    seen = [(await target.seen(key))[0] for key in keys]
    for key in keys:
        await target.go(key)
    await asyncio.gather(*running)

    assert 2 == len({it.environment for it in seen})


@case("H2", DOCUMENTED)
async def test_h2_reserved_concurrency_is_a_limit(target: Target) -> None:
    """Past the reserved concurrency it is 429, TooManyRequestsException."""
    key = new_key()
    running = asyncio.create_task(invoked(target, "Alone", case=key, **{"await": key}))
    await target.seen(key)
    refused = await error_of(
        target.client("lambda"), "invoke", FunctionName=target.outputs["AloneName"], Payload=b"{}"
    )
    await target.go(key)
    await running

    assert (429, "TooManyRequestsException") == refused


@case("H3", RECORDED)
async def test_h3_a_function_that_takes_too_long_is_ended(target: Target) -> None:
    """A time-out ends the environment: `Sandbox.Timedout`, and the next invocation starts cold."""
    before, _ = await invoked(target, "Brief")
    failed, error = await invoked(target, "Brief", sleep=5)
    after, _ = await invoked(target, "Brief")

    assert "Unhandled" == error
    assert "Sandbox.Timedout" == failed["errorType"]
    assert re.search(r"^\d{4}-.*Z [0-9a-f-]{36} Task timed out after 1\.00 seconds$", failed["errorMessage"])
    assert before["environment"] != after["environment"]
    assert 1 == after["invocations"]


@case("H4", DOCUMENTED)
async def test_h4_the_remaining_time_counts_down(target: Target) -> None:
    """`get_remaining_time_in_millis` counts down to the time-out."""
    at_once, _ = await invoked(target, "Brief")
    later, _ = await invoked(target, "Brief", sleep=0.3)

    assert 0 < later["remaining"] <= 700
    assert later["remaining"] < at_once["remaining"] <= 1000


@case("H5", DOCUMENTED)
async def test_h5_the_environment_of_a_function(target: Target) -> None:
    """The function has the template's variables and Lambda's own, and none of the host's."""
    seen, _ = await invoked(target, "Worker")
    variables, name = seen["variables"], target.outputs["WorkerName"]

    assert "yes" == variables["OF_THE_TEMPLATE"]
    assert {
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "TZ": ":UTC",
        "_HANDLER": "worker.handler",
    }.items() <= variables.items()
    for other in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_LAMBDA_LOG_STREAM_NAME", "LAMBDA_RUNTIME_DIR"):
        assert variables[other]
    for credential in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        assert variables[credential]
    assert variables["LAMBDA_TASK_ROOT"] == seen["cwd"]
    assert "SECRET_OF_THE_HOST" not in variables


@case("H6", DOCUMENTED)
async def test_h6_the_log_of_an_invocation(target: Target) -> None:
    """The log has START, the function's own lines, END and REPORT with its figures."""
    key = new_key()
    seen, _ = await invoked(target, "Worker", print=f"I say {key}")
    request = seen["requestId"]

    def lines() -> list[str] | None:
        found = [line for line in target.log_lines("Worker") if request in line or key in line]
        return found if any(line.startswith("REPORT") for line in found) else None

    found = await eventually(lines, seconds=60)
    start, said, end, report = found
    assert start.startswith(f"START RequestId: {request} Version: $LATEST")
    assert f"I say {key}" == said
    assert end.startswith(f"END RequestId: {request}")
    for figure in ("Duration: ", "Billed Duration: ", "Memory Size: 1024 MB", "Max Memory Used: "):
        assert figure in report


@case("H7", DOCUMENTED)
@pytest.mark.parametrize(
    ("function", "words", "kind"),
    [
        ("Unimportable", {}, "Runtime.ImportModuleError"),
        ("Nameless", {}, "Runtime.HandlerNotFound"),
        ("Brief", {"exit": 3}, "Runtime.ExitError"),
    ],
)
async def test_h7_what_cannot_run_says_so(
    target: Target, function: str, words: dict[str, Any], kind: str
) -> None:
    """An import error, a missing handler and an exit have error types of their own."""
    failed, error = await invoked(target, function, **words)

    assert ("Unhandled", kind) == (error, failed["errorType"])


@case("H8", DOCUMENTED)
async def test_h8_an_invocation_answers_its_error(target: Target) -> None:
    """A synchronous Invoke is 200 with the error's object; `DryRun` is 204; an unknown function is 404."""
    failed, error = await invoked(target, "Worker", **{"raise": "boom"})
    client = target.client("lambda")
    dry = await call(
        client, "invoke", FunctionName=target.outputs["WorkerName"], InvocationType="DryRun", Payload=b"{}"
    )

    assert "Unhandled" == error
    assert ("boom", "RuntimeError") == (failed["errorMessage"], failed["errorType"])
    assert {"errorMessage", "errorType", "requestId", "stackTrace"} == set(failed)
    assert 204 == dry["StatusCode"]
    assert (404, "ResourceNotFoundException") == await error_of(
        client, "invoke", FunctionName="nobody-of-that-name", Payload=b"{}"
    )


@case(
    "H8", DOCUMENTED, simplified="tried again after one and two seconds, where AWS waits one and two minutes"
)
@pytest.mark.timeout(420)
async def test_h8_an_asynchronous_invocation_is_tried_again(target: Target) -> None:
    """`Event` is 202, tried twice more, and then goes to the dead-letter queue."""
    key = new_key()
    answer = await call(
        target.client("lambda"),
        "invoke",
        FunctionName=target.outputs["DoomedName"],
        InvocationType="Event",
        Payload=json.dumps({"case": key, "raise": "always"}).encode(),
    )
    assert 202 == answer["StatusCode"]

    def dead() -> Any:
        got = target.client("sqs").receive_message(
            QueueUrl=target.outputs["FailuresUrl"], WaitTimeSeconds=5, MessageAttributeNames=["All"]
        )
        return next((it for it in got.get("Messages", []) if key in it["Body"]), None)

    message = await eventually(dead, seconds=400)
    assert {"case": key, "raise": "always"} == json.loads(message["Body"])
    assert {"RequestID", "ErrorCode", "ErrorMessage"} == set(message["MessageAttributes"])
    assert 3 == len(await target.seen_so_far(key))


@case("H9", DOCUMENTED)
async def test_h9_an_answer_has_6_mb(target: Target) -> None:
    """An answer of more than 6 MB fails: `Function.ResponseSizeTooLarge`."""
    failed, error = await invoked(target, "Worker", size=6 * MB + 1)

    assert ("Unhandled", "Function.ResponseSizeTooLarge") == (error, failed["errorType"])


@case("H10", DOCUMENTED)
async def test_h10_module_state_lives_on(target: Target) -> None:
    """Module state lives across the warm invocations of an environment."""
    first, _ = await invoked(target, "Alone")
    second, _ = await invoked(target, "Alone")

    assert first["environment"] == second["environment"]
    assert 1 == second["invocations"] - first["invocations"]


@case(
    "H11",
    DOCUMENTED,
    simplified="TMPDIR and HOME are the environment's own; /tmp by its name is the machine's",
)
async def test_h11_an_environment_has_a_temporary_folder_of_its_own(target: Target) -> None:
    """`/tmp` is an environment's own, and keeps its files as long as that lives."""
    before, _ = await invoked(target, "Brief", exit=0)
    fresh, _ = await invoked(target, "Brief")
    warm, _ = await invoked(target, "Brief")

    assert "Runtime.ExitError" == before["errorType"]
    assert (False, True) == (fresh["metTemporaryFile"], warm["metTemporaryFile"])


@case("H12", DOCUMENTED, simplified="a layer's `python/` is on the path; the folder is not at /opt")
async def test_h12_a_layer_is_on_the_path(target: Target) -> None:
    """A layer appears under `/opt`, its `python/` on the path."""
    seen, error = await invoked(target, "Layered")

    assert (None, "from the layer") == (error, seen["says"])
    assert target.local or seen["file"].startswith("/opt/python/")
