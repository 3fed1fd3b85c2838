"""connect, disconnect and message, each driven by the fixtures in events/."""

from __future__ import annotations

import json
from typing import Any

import pytest

from progress import wiring
from progress.clock import now_ms
from progress.job import Totals
from progress.wiring import connections, jobs
from tests.integration.handlers.conftest import CONNECTION_ID, JOB_ID, Backend, event

OTHER_JOB = "550e8400-e29b-41d4-a716-446655440001"


def start(backend: Backend) -> None:
    backend.invoke("start_enrichment", event("http_start_enrichment"))


def connect(backend: Backend) -> None:
    assert {"statusCode": 200} == backend.invoke("connect", event("websocket_connect"))


def send(backend: Backend, frame: dict[str, Any] | str) -> None:
    body = frame if isinstance(frame, str) else json.dumps(frame)
    assert {"statusCode": 200} == backend.invoke("message", event("websocket_ready", body=body))


def test_connect_records_where_the_connection_is_reached(backend: Backend) -> None:
    """The first message finds the endpoint and the job that the URL named."""
    connect(backend)

    connection = connections().get(CONNECTION_ID)

    assert connection is not None
    assert ("https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod", JOB_ID) == (
        connection.endpoint,
        connection.job_id,
    )


def test_connect_refuses_a_job_id_that_is_none(backend: Backend) -> None:
    """400 refuses the upgrade; nothing is recorded."""
    given = event("websocket_connect", queryStringParameters={"jobId": "test"})

    answer = backend.invoke("connect", given)

    assert 400 == answer["statusCode"]
    assert "'test' is not a UUID" in answer["body"]
    assert None is connections().get(CONNECTION_ID)


def test_connect_takes_a_connection_without_a_job(backend: Backend) -> None:
    """Its jobs are named by `subscribe`."""
    given = event("websocket_connect")
    del given["queryStringParameters"]

    assert {"statusCode": 200} == backend.invoke("connect", given)


def test_disconnect_forgets_the_connection(backend: Backend) -> None:
    """Nothing is posted to it any more."""
    connect(backend)
    backend.invoke("message", event("websocket_ready"))

    assert {"statusCode": 200} == backend.invoke("disconnect", event("websocket_disconnect"))

    assert None is connections().get(CONNECTION_ID)
    assert [] == connections().watchers(JOB_ID, owner="")


def test_message_after_the_disconnect_is_ignored(backend: Backend) -> None:
    """Messages and $disconnect may overtake each other."""
    assert {"statusCode": 410} == backend.invoke("message", event("websocket_ready"))


def test_ready_before_the_start_is_acknowledged_and_starts_the_job_when_it_comes(backend: Backend) -> None:
    """The order that apps use: connect, ready, then start."""
    connect(backend)
    backend.invoke("message", event("websocket_ready"))
    start(backend)

    assert [("ready_ack", JOB_ID, 30)] == [
        (frame["type"], frame["jobId"], frame["heartbeatSeconds"]) for frame in backend.frames()
    ]
    assert [0] == [message["chunk"] for message in backend.sent("work")]


def test_ready_after_the_start_is_answered_by_a_snapshot_and_launches_the_job(backend: Backend) -> None:
    """The other order; the acknowledgement comes first."""
    start(backend)
    assert [] == backend.sent("work")
    connect(backend)
    backend.invoke("message", event("websocket_ready"))

    assert ["ready_ack", "progress"] == [frame["type"] for frame in backend.frames()]
    assert {"progress": 0.0, "processedItems": 0, "totalItems": 3, "failedItems": 0} == {
        key: value for key, value in backend.frames()[1]["data"].items() if key != "currentStatus"
    }
    assert [0] == [message["chunk"] for message in backend.sent("work")]


def test_ready_twice_launches_once(backend: Backend) -> None:
    """A client that reconnects is shown the state again, nothing else."""
    start(backend)
    connect(backend)
    for _ in range(2):
        backend.invoke("message", event("websocket_ready"))

    assert 1 == len(backend.sent("work"))
    assert ["ready_ack", "progress"] * 2 == [frame["type"] for frame in backend.frames()]


def test_ready_after_the_end_is_answered_by_the_terminal_frame(backend: Backend) -> None:
    """Whoever comes late learns how it ended."""
    start(backend)
    backend.invoke("jobs", event("http_cancel_job"))
    connect(backend)
    backend.invoke("message", event("websocket_ready"))

    assert ["ready_ack", "cancelled"] == [frame["type"] for frame in backend.frames()]


def test_ready_of_somebody_else_looks_as_if_there_were_no_job(backend: Backend) -> None:
    """A foreign job and an unknown one get the same answer."""
    owned = event("http_start_enrichment")
    owned["requestContext"]["authorizer"] = {"lambda": {"principalId": "alice"}}
    backend.invoke("start_enrichment", owned)
    stranger = event("websocket_connect")
    stranger["requestContext"]["authorizer"] = {"principalId": "mallory"}
    backend.invoke("connect", stranger)
    backend.invoke("message", event("websocket_ready"))

    assert ["ready_ack"] == [frame["type"] for frame in backend.frames()]


def test_subscribe_watches_any_job(backend: Backend) -> None:
    """One connection, several jobs."""
    connect(backend)
    start(backend)
    backend.invoke("message", event("websocket_subscribe"))
    send(backend, {"type": "subscribe", "jobId": OTHER_JOB})

    assert [CONNECTION_ID] == [
        watcher.connection_id for watcher in connections().watchers(OTHER_JOB, owner="")
    ]
    assert ["ready_ack", "progress", "ready_ack"] == [frame["type"] for frame in backend.frames()]


def test_unsubscribe_ends_the_watching(backend: Backend) -> None:
    """No answer is needed: no frame comes any more."""
    connect(backend)
    backend.invoke("message", event("websocket_subscribe"))
    backend.invoke("message", event("websocket_unsubscribe"))

    assert [] == connections().watchers(JOB_ID, owner="")


def test_ack_is_recorded(backend: Backend) -> None:
    """How far each watcher is; the job's record shows how far the first of them is."""
    start(backend)
    connect(backend)
    backend.invoke("message", event("websocket_subscribe"))
    for _ in range(12):
        jobs().emit(JOB_ID, Totals(), text="Enriching", work_id=None, window_ms=0)
    backend.invoke("message", event("websocket_ack"))

    rows = list(connections()._table.query(f"JOB#{JOB_ID}", "CONN#"))
    assert [12] == [row["ackedSeq"] for row in rows]
    assert 12 == backend.request("jobs", "http_get_job")[1]["ackedSeq"]


def test_an_ack_of_what_was_never_sent_changes_no_record(backend: Backend) -> None:
    """Nor does that of a client which does not watch the job."""
    start(backend)
    connect(backend)
    backend.invoke("message", event("websocket_ack"))
    backend.invoke("message", event("websocket_subscribe"))
    backend.invoke("message", event("websocket_ack"))

    assert "ackedSeq" not in backend.request("jobs", "http_get_job")[1]


def test_compact_frames_come_to_who_asks_for_them(backend: Backend) -> None:
    """The acknowledgement says what they call the job; the first has its total."""
    start(backend)
    connect(backend)
    send(backend, {"type": "subscribe", "jobId": OTHER_JOB})
    send(backend, {"type": "ready", "encoding": "compact"})

    other, acknowledged, snapshot = backend.frames()
    assert {"encoding", "alias"}.isdisjoint(other)
    assert ("compact", 2) == (acknowledged["encoding"], acknowledged["alias"])
    assert (2, 0, 3) == (snapshot["j"], snapshot["n"], snapshot["t"])


def test_an_encoding_that_is_none_is_a_problem(backend: Backend) -> None:
    """Rather than frames that the client cannot read."""
    connect(backend)
    send(backend, {"type": "ready", "encoding": "morse"})

    (frame,) = backend.frames()
    assert ("problem", 400) == (frame["type"], frame["status"])
    assert "morse" in frame["detail"]


def test_more_subscriptions_than_a_connection_may_have_are_a_problem(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to do; those that it has stay."""
    monkeypatch.setenv("MAX_SUBSCRIPTIONS", "1")
    wiring.settings.cache_clear()
    connect(backend)
    send(backend, {"type": "ready"})
    send(backend, {"type": "subscribe", "jobId": OTHER_JOB})

    acknowledged, problem = backend.frames()
    assert "ready_ack" == acknowledged["type"]
    assert ("problem", 429, "urn:progress:problem:limit-exceeded", "subscribe") == (
        problem["type"],
        problem["status"],
        problem["problemType"],
        problem["ref"],
    )
    assert "unsubscribe" in problem["detail"]
    assert [CONNECTION_ID] == [watcher.connection_id for watcher in connections().watchers(JOB_ID, owner="")]


def test_an_old_connection_is_told_to_connect_anew_with_each_answer(backend: Backend) -> None:
    """API Gateway closes it at two hours, without a word."""
    opened = event("websocket_connect")
    opened["requestContext"]["connectedAt"] = now_ms() - (7200 - 100) * 1000
    backend.invoke("connect", opened)
    for frame in ("ping", "unsubscribe"):
        backend.invoke("message", event(f"websocket_{frame}"))

    assert ["pong", "going_away", "going_away"] == [frame["type"] for frame in backend.frames()]
    assert all(90_000 < frame["reconnectWithinMs"] <= 100_000 for frame in backend.frames()[1:])


def test_cancel_ends_the_job_and_is_answered_by_its_terminal_frame(backend: Backend) -> None:
    """The same as over HTTP; once more changes nothing but is answered too."""
    start(backend)
    connect(backend)
    for _ in range(2):
        backend.invoke("message", event("websocket_cancel"))

    assert ["cancelled", "cancelled"] == [frame["type"] for frame in backend.frames()]
    job = jobs().get(JOB_ID)
    assert job is not None
    assert "cancelled" == job.status


def test_ping_is_answered_by_pong(backend: Backend) -> None:
    """The application's heartbeat."""
    connect(backend)
    backend.invoke("message", event("websocket_ping"))

    assert ["pong"] == [frame["type"] for frame in backend.frames()]


@pytest.mark.parametrize(
    ("body", "status", "ref"),
    [
        ('{"type":"ready"', 400, None),
        ("", 400, None),
        ("[]", 400, None),
        ('"ready"', 400, None),
        ("{}", 400, None),
        ('{"type":"dance"}', 400, None),
        ('{"type":7}', 400, None),
        ('{"type":"subscribe"}', 400, None),
        ('{"type":"subscribe","jobId":7}', 400, None),
        ('{"type":"ready","after":-1}', 400, None),
        ('{"type":"subscribe","jobId":"test"}', 422, "subscribe"),
        (f'{{"type":"cancel","jobId":"{OTHER_JOB}"}}', 404, "cancel"),
        ("[" * 20_000, 400, None),
    ],
)
def test_a_frame_that_cannot_be_carried_out_is_answered_by_a_problem(
    backend: Backend, body: str, status: int, ref: str | None
) -> None:
    """Bad input is answered, never swallowed; the answer says what is wrong."""
    connect(backend)
    send(backend, body)

    (frame,) = backend.frames()
    assert ("problem", status, ref) == (frame["type"], frame["status"], frame["ref"])
    assert frame["problemType"].startswith("urn:progress:problem:")
    assert frame["title"]
    assert frame["detail"]


def test_ready_without_any_job_says_how_to_name_one(backend: Backend) -> None:
    """Neither the URL nor the frame names a job."""
    given = event("websocket_connect")
    del given["queryStringParameters"]
    backend.invoke("connect", given)
    send(backend, {"type": "ready"})

    assert [(422, "ready")] == [(frame["status"], frame["ref"]) for frame in backend.frames()]


def test_malformed_fixture_is_answered(backend: Backend) -> None:
    """The fixture in events/ for bad input."""
    connect(backend)
    backend.invoke("message", event("websocket_malformed"))

    assert ["problem"] == [frame["type"] for frame in backend.frames()]
