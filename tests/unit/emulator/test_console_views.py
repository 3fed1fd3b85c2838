"""What the console's page is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local_emulator.console import views
from local_emulator.console.recorder import Recorder
from local_emulator.invocation import Outcome
from local_emulator.template.loader import load


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        ({"requestContext": {"routeKey": "$connect"}}, "$connect"),
        ({"requestContext": {"routeKey": "GET /pets/{id}"}}, "GET /pets/{id}"),
        ({"requestContext": {"httpMethod": "GET", "resourcePath": "/pets"}}, "GET /pets"),
        (
            {"Records": [{"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:Work"}] * 2},
            "sqs Work (2 records)",
        ),
        ({"Records": [{"EventSource": "aws:sns"}]}, "sns (1 record)"),
        ({"detail-type": "Scheduled Event", "source": "aws.events"}, "Scheduled Event"),
        ({"type": "REQUEST"}, "REQUEST"),
        ({}, ""),
        ([1], ""),
        ("text", ""),
        ({"Records": []}, ""),
        ({"Records": ["odd"]}, ""),
        ({"requestContext": "odd"}, ""),
    ],
)
def test_an_event_tells_where_it_came_from(event: Any, cause: str) -> None:
    """A route, a source with its number of records, or nothing where it does not say."""
    assert cause == views.cause(json.dumps(event).encode())


def test_what_is_no_json_has_no_cause() -> None:
    """An event may be any bytes."""
    assert "" == views.cause(b"\xff{")


def test_an_invocation_that_runs_has_no_outcome_yet() -> None:
    """It is seen as soon as it begins."""
    recorder = Recorder()
    recorder.invocation("F", "id-1", b"{}")

    (entry,) = recorder.invocations
    assert "running" == views.invocation(entry)["state"]
    assert "" == views.whole_invocation(entry, everything=True)["answer"]


def test_an_invocation_that_ended_has_answer_log_and_duration() -> None:
    """And what a cold start took."""
    recorder = Recorder()
    ended = recorder.invocation("F", "id-1", b'{"a": 1}')
    ended(Outcome(request_id="id-1", payload=b'"done"', duration_ms=12.345, cold=True), 321.0, ["one", "two"])

    (entry,) = recorder.invocations
    shown = views.whole_invocation(entry, everything=True)
    assert ("done", True, 12.35, 321.0) == tuple(
        shown[name] for name in ("state", "cold", "duration_ms", "init_ms")
    )
    assert ('{"a": 1}', '"done"', "one\ntwo") == (shown["event"], shown["answer"], shown["log"])


def test_a_failure_is_told_in_its_own_words() -> None:
    """Type and message of Lambda's error object; the bare type where there is none."""
    recorder = Recorder()
    told = Outcome(
        request_id="1", payload=b'{"errorType": "KeyError", "errorMessage": "\'x\'"}', error="Unhandled"
    )
    recorder.invocation("F", "1", b"{}")(told, 0.0, ())
    recorder.invocation("F", "2", b"{}")(
        Outcome(request_id="2", payload=b"?", error="Runtime.ExitError"), 0.0, ()
    )

    assert ["KeyError: 'x'", "Runtime.ExitError"] == [
        views.invocation(entry)["error"] for entry in recorder.invocations
    ]


def test_long_texts_are_cut_unless_everything_is_wanted() -> None:
    """Their length is told all the same."""
    recorder = Recorder()
    recorder.invocation("F", "1", b'"' + b"x" * 100_000 + b'"')

    (entry,) = recorder.invocations
    assert (32 * 1024, 100_002) == (
        len(views.whole_invocation(entry, everything=False)["event"]),
        views.whole_invocation(entry, everything=False)["event_length"],
    )
    assert 100_002 == len(views.whole_invocation(entry, everything=True)["event"])


@pytest.mark.parametrize("name", ["auctions", "calculator"])
def test_any_template_is_described(name: str) -> None:
    """Every API with its routes, whatever they lead to, in JSON."""
    template = Path(__file__).parents[2] / "templates" / name / "template.yaml"
    described = load(template, {})
    shown = views.application(described, template=name, url="http://localhost:1", store_url="")

    assert shown == json.loads(json.dumps(shown))
    assert sorted(api.logical_id for api in described.apis) == sorted(
        api["id"] for api in (*shown["websocket_apis"], *shown["web_apis"])
    )
    for api in (*shown["websocket_apis"], *shown["web_apis"]):
        assert api["routes"]
        assert all(route["function"] or route["target"] for route in api["routes"])
