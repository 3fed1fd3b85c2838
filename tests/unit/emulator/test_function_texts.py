"""Variables, log lines and error objects of functions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local_emulator.functions import answers, loglines
from local_emulator.functions.variables import function_variables
from local_emulator.invocation import Outcome
from local_emulator.model import Function
from local_emulator.services import service_variables


def function(**environment: str) -> Function:
    return Function(
        logical_id="F",
        name="local-F",
        handler="app.handler",
        runtime="python3.11",
        code=Path("/code"),
        environment=environment,
        layers=(Path("/layers/a"), Path("/layers/b")),
    )


def test_variables_order_the_path_as_lambda_does() -> None:
    """H12: the layers in their order, then the packages of the runtime."""
    variables = function_variables(
        function(), runtime_api="h:1", services={}, temporary=Path("/t"), packages=["/site"]
    )

    assert variables["PYTHONPATH"] == "/layers/a/python:/layers/b/python:/site"
    assert variables["AWS_LAMBDA_RUNTIME_API"] == "h:1"
    assert variables["TMPDIR"] == "/t"


def test_variables_of_the_template_win_over_the_services_and_not_over_the_runtime() -> None:
    """A template may point an SDK elsewhere, and cannot break the runtime."""
    variables = function_variables(
        function(AWS_ENDPOINT_URL_S3="mine", _HANDLER="no", AWS_LAMBDA_RUNTIME_API="no"),
        runtime_api="h:1",
        services={"AWS_ENDPOINT_URL_S3": "store"},
        temporary=Path("/t"),
    )

    assert variables["AWS_ENDPOINT_URL_S3"] == "mine"
    assert variables["_HANDLER"] == "app.handler"
    assert variables["AWS_LAMBDA_RUNTIME_API"] == "h:1"


def test_services_lead_to_the_store_with_dummy_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the person's reaches a function that has no way out."""
    host = {
        "AWS_ACCESS_KEY_ID": "real",
        "AWS_PROFILE": "p",
        "AWS_ENDPOINT_URL": "http://else",
        "PATH": "/bin",
    }

    variables = service_variables(
        host, store_url="http://s", lambda_url="http://l", ca_bundle=Path("/ca.pem")
    )

    assert variables["AWS_ENDPOINT_URL"] == "http://s"
    assert variables["AWS_ENDPOINT_URL_LAMBDA"] == "http://l"
    assert variables["AWS_ACCESS_KEY_ID"].startswith("AKIA")
    for name in ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        assert variables[name] == "/ca.pem"
    assert not {"AWS_PROFILE", "PATH"} & set(variables)


def test_services_of_the_person_win_with_their_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_ENDPOINT_URL_<SERVICE> of the host is passed on, and only then its credentials."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    host = {"AWS_ENDPOINT_URL_DYNAMODB": "http://d", "AWS_ENDPOINT_URL_LAMBDA": "http://mine"}

    variables = service_variables(host, store_url="http://s", lambda_url="http://l", ca_bundle=None)

    assert variables["AWS_ENDPOINT_URL_DYNAMODB"] == "http://d"
    assert variables["AWS_ENDPOINT_URL_LAMBDA"] == "http://mine"
    assert (variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]) == ("real", "secret")
    assert "AWS_SESSION_TOKEN" not in variables


def test_report_line_has_the_figures() -> None:
    """H6: billed by whole milliseconds, upwards; the init time on a cold start only."""
    outcome = Outcome(request_id="r", payload=b"", duration_ms=12.345)

    assert loglines.report(outcome, memory_mb=128, used_mb=40, init_ms=100.5).split("\t") == [
        "REPORT RequestId: r",
        "Duration: 12.35 ms",
        "Billed Duration: 13 ms",
        "Memory Size: 128 MB",
        "Max Memory Used: 40 MB",
        "Init Duration: 100.50 ms",
    ]
    warm = loglines.report(outcome, memory_mb=128, used_mb=None, init_ms=None)
    assert "Init" not in warm
    assert "Used" not in warm


def test_report_line_tells_a_time_out_from_a_crash() -> None:
    """H3 and H7 are visible in the log."""
    timed_out = answers.timed_out("r", 3, duration_ms=3000, cold=False)
    crashed = answers.exited("r", -9)

    assert loglines.report(timed_out, memory_mb=1, used_mb=None, init_ms=None).endswith("Status: timeout")
    assert loglines.report(crashed, memory_mb=1, used_mb=None, init_ms=None).endswith(
        "Status: error\tError Type: Runtime.ExitError"
    )


@pytest.mark.parametrize(
    ("returncode", "said"),
    [
        (0, "without providing a reason"),
        (7, "exit status 7"),
        (-9, "signal: killed"),
        (-15, "signal: terminated"),
        (-63, "signal: "),
    ],
)
def test_exit_says_how_the_process_ended(returncode: int, said: str) -> None:
    """H7: by its status or by its signal, with the request's id."""
    outcome = answers.exited("the-id", returncode)

    assert outcome.error == "Runtime.ExitError"
    body = json.loads(outcome.payload)
    assert body["errorType"] == "Runtime.ExitError"
    assert said in body["errorMessage"]
    assert "the-id" in body["errorMessage"]


def test_summary_tells_time_start_and_error() -> None:
    """What a person wants to know of an invocation at a glance."""
    good = Outcome(request_id="r", payload=b"1", duration_ms=12.34, cold=True)
    bad = Outcome(
        request_id="r",
        payload=b'{"errorType": "ValueError", "errorMessage": "no"}',
        error="Unhandled",
        duration_ms=1,
    )

    assert loglines.summary(good, 60.4) == "λ 12.3 ms, cold, 60 ms to start"
    assert loglines.summary(bad, 60.4) == "λ 1.0 ms, warm: ValueError: no"
