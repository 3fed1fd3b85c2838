"""Bad input is answered, never swallowed, and costs nobody else anything; tests/contracts has thousands more."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.e2e.conftest import System, new_id

JOB = "550e8400-e29b-41d4-a716-446655440009"
START = "/api/enrichment/start"


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", START, b"", 400),
        ("POST", START, b"{", 400),
        ("POST", START, b'{"workIds":"x"}', 422),
        ("POST", START, b'{"workIds":[]}', 422),
        ("POST", START, json.dumps({"workIds": ["x"] * 10_001}).encode(), 422),
        ("POST", START, b'{"jobId":"x","workIds":["y"]}', 400),
        ("POST", START, b"\xff\xfe", 400),
        ("GET", START, b"", 404),
        ("DELETE", f"/api/jobs/{JOB}", b"", 404),
        ("GET", f"/api/jobs/{JOB}", b"", 404),
        ("GET", f"/api/jobs/{JOB}/results", b"", 404),
        ("POST", f"/api/jobs/{JOB}/cancel", b"", 404),
        ("GET", "/api/jobs/x", b"", 400),
        ("GET", "/nothing/here", b"", 404),
        ("POST", START, b" " * (11 * 1024 * 1024), 413),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_bad_request_gets_its_documented_answer(
    system: System, method: str, path: str, content: bytes, status: int
) -> None:
    """Ours are problem+json; what API Gateway answers by itself is its own."""
    headers = {"content-type": "application/json"}
    answer = system.http.request(method, path, content=content, headers=headers)

    assert status == answer.status_code
    assert answer.json()


def test_a_job_id_that_is_none_refuses_the_upgrade(system: System) -> None:
    """400, before there is a connection."""
    with pytest.raises(InvalidStatus) as refused, connect(f"{system.socket_url}?jobId=test", proxy=None):
        pass

    assert 400 == refused.value.response.status_code


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        ("{", 400),
        ("", 400),
        ("[]", 400),
        ('{"type":"dance"}', 400),
        ('{"type":"ready","jobId":""}', 422),
        ('{"type":"cancel","jobId":"x"}', 422),
        (f'{{"type":"ack","jobId":"{JOB}","seq":9007199254740992}}', 400),
    ],
)
def test_a_bad_frame_is_answered_and_the_connection_stays(system: System, frame: str, status: int) -> None:
    """By a `problem`; the next frame is carried out."""
    with system.listen(new_id()) as socket:
        socket.send(frame)
        problem = json.loads(socket.recv(timeout=20))
        socket.send('{"type":"ping"}')
        pong = json.loads(socket.recv(timeout=20))

    assert ("problem", status) == (problem["type"], problem["status"])
    assert "pong" == pong["type"]


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"\x00\x01", 1003), ("x" * (32 * 1024 + 1), 1009)],
    ids=["binary", "over 32 KB"],
)
def test_a_frame_that_the_gateway_does_not_take_closes_the_connection(
    system: System, data: str | bytes, code: int
) -> None:
    """With the gateway's own codes."""
    with system.listen(new_id()) as socket:
        socket.send(data)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=20)

    assert closed.value.rcvd is not None
    assert code == closed.value.rcvd.code


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
WORKS = st.fixed_dictionaries({}, optional={"jobId": JSON, "workIds": JSON, "works": JSON})
BODIES = st.one_of(
    st.binary(max_size=200), JSON.map(json.dumps).map(str.encode), WORKS.map(json.dumps).map(str.encode)
)
MANY = settings(
    max_examples=1_000,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.timeout(300)
@MANY
@given(body=BODIES)
def test_no_body_whatever_makes_a_5xx(system: System, body: bytes) -> None:
    """1,000 random bodies: each is accepted or refused with a reason."""
    answer = system.http.post(START, content=body, headers={"content-type": "application/json"})

    assert answer.status_code in (202, 400, 422), answer.text
    assert isinstance(answer.json(), dict)


def test_the_system_is_well_after_all_that(system: System, work_ids: list[str]) -> None:
    """And no error of the gateway's was ever sent."""
    job_id = system.start(work_ids[:5])

    assert "completed" == system.wait(job_id)["status"]
    assert httpx.codes.OK == system.http.get(f"/api/jobs/{job_id}").status_code
