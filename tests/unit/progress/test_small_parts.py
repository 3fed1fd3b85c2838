"""Settings, ids, identity, trace context and messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress.identity import ANONYMOUS, principal
from progress.job import hash_request
from progress.jobid import parse_job_id
from progress.queues import ChunkMessage, MalformedMessageError, WatchMessage, parse
from progress.settings import Settings, SettingsError
from progress.tracing import traceparent

JOB_ID = "550e8400-e29b-41d4-a716-446655440000"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_settings_have_defaults_and_take_what_the_environment_says() -> None:
    """Only the table has no default."""
    settings = Settings.from_env({"TABLE_NAME": "t", "FRAMES_PER_SECOND": "2", "PATH": "/bin"})

    assert ("t", 2, 5) == (settings.table_name, settings.frames_per_second, settings.ready_timeout_seconds)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "TABLE_NAME is not set"),
        ({"TABLE_NAME": ""}, "TABLE_NAME is not set"),
        ({"TABLE_NAME": "t", "WATCH_SECONDS": "soon"}, "WATCH_SECONDS='soon'"),
        ({"TABLE_NAME": "t", "WATCH_SECONDS": "0"}, "WATCH_SECONDS='0'"),
    ],
)
def test_settings_name_the_variable_that_is_wrong(environment: dict[str, str], words: str) -> None:
    """And its value, and what was wanted."""
    with pytest.raises(SettingsError, match=words):
        Settings.from_env(environment)


def test_a_job_id_has_one_spelling() -> None:
    """Upper case is the same UUID."""
    assert JOB_ID == parse_job_id(JOB_ID.upper())


@pytest.mark.parametrize(
    "text", ["", "test", JOB_ID + "\n", JOB_ID[:-1], "{" + JOB_ID + "}", JOB_ID.replace("-", "")]
)
def test_what_is_no_uuid_is_no_job_id(text: str) -> None:
    """Exactly the five groups, nothing around them."""
    with pytest.raises(ValueError, match="is not a UUID"):
        parse_job_id(text)


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({}, ANONYMOUS),
        ({"authorizer": None}, ANONYMOUS),
        ({"authorizer": {"integrationLatency": 3}}, ANONYMOUS),
        ({"authorizer": {"principalId": "alice", "integrationLatency": 3}}, "alice"),
        ({"authorizer": {"lambda": {"principalId": "alice"}}}, "alice"),
        ({"authorizer": {"jwt": {"claims": {"sub": "alice"}, "scopes": None}}}, "alice"),
    ],
)
def test_the_principal_is_whom_the_authorizer_names(context: dict[str, object], expected: str) -> None:
    """Each kind of authorizer puts it elsewhere."""
    assert expected == principal(context)


def test_a_well_formed_traceparent_is_carried_on() -> None:
    """Header names come in any case."""
    assert TRACE == traceparent({"TraceParent": TRACE})


@pytest.mark.parametrize("given_value", ["", "x", TRACE.upper(), "00-" + "0" * 32 + "-00f067aa0ba902b7-01"])
def test_a_malformed_traceparent_is_replaced(given_value: str) -> None:
    """By a new one, well-formed."""
    made = traceparent({"traceparent": given_value})

    assert made == traceparent({"traceparent": made})
    assert made != given_value


def test_the_hash_of_a_request_follows_the_order_of_items_but_not_of_keys() -> None:
    """Two spellings of one request are the same request."""
    first = hash_request("k", [{"a": 1, "b": 2}, {"a": 3}])

    assert first == hash_request("k", [{"b": 2, "a": 1}, {"a": 3}])
    assert first != hash_request("k", [{"a": 3}, {"a": 1, "b": 2}])
    assert first != hash_request("other", [{"a": 1, "b": 2}, {"a": 3}])


def test_messages_are_told_apart_by_what_they_point_at() -> None:
    """A chunk, or a job."""
    assert ChunkMessage(job_id=JOB_ID, chunk=3, traceparent=TRACE) == parse(
        f'{{"jobId":"{JOB_ID}","chunk":3,"traceparent":"{TRACE}"}}'
    )
    assert WatchMessage(job_id=JOB_ID) == parse(f'{{"jobId":"{JOB_ID}","traceparent":null}}')


@given(st.text())
def test_a_message_is_read_or_refused(body: str) -> None:
    """Nothing else comes of any text."""
    with pytest.raises(MalformedMessageError):
        parse(body)
