"""The frames, as bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress import protocol
from progress.job import Job, Status
from progress.problems import ProblemError, ProblemType

JOB_ID = "550e8400-e29b-41d4-a716-446655440000"
NOW = 1_795_435_200_123


def job(**changes: object) -> Job:
    made: dict[str, object] = {
        "job_id": JOB_ID,
        "kind": "enrichment",
        "status": Status.RUNNING,
        "total_items": 100,
        "request_hash": "",
        "input_hash": "",
        "owner": "",
        "created_at": 0,
        "seq": 17,
        "processed_items": 45,
        "current_status": "Enriching: Emma",
        "current_work_id": "OL66513W",
        "started_at": NOW - 10_000,
        "last_emit_at": NOW - 1_000,
        **changes,
    }
    return Job(**made)  # type: ignore[arg-type]


def shown(*frames: protocol.ServerFrame) -> list[dict[str, object]]:
    return [json.loads(protocol.encode(frame)) for frame in frames]


def test_a_progress_frame_is_what_the_first_app_parses() -> None:
    """The envelope and the data of the original protocol, with what was added since."""
    assert [
        {
            "type": "progress",
            "jobId": JOB_ID,
            "timestamp": NOW,
            "seq": 17,
            "data": {
                "progress": 0.45,
                "processedItems": 45,
                "totalItems": 100,
                "failedItems": 0,
                "currentStatus": "Enriching: Emma",
                "currentWorkId": "OL66513W",
                "etaMs": 11_000,
            },
        }
    ] == shown(protocol.state_frame(job(), NOW))


@pytest.mark.parametrize(
    ("status", "kind"),
    [(Status.COMPLETED, "complete"), (Status.FAILED, "error"), (Status.CANCELLED, "cancelled")],
)
def test_a_job_that_has_ended_shows_its_terminal_frame(status: Status, kind: str) -> None:
    """One type for each end; nothing is left to be done."""
    (frame,) = shown(protocol.state_frame(job(status=status), NOW))

    assert kind == frame["type"]
    assert "etaMs" not in str(frame)


def test_a_failure_comes_in_two_frames() -> None:
    """First as the original protocol tells it, then as the terminal frame."""
    frames = shown(*protocol.terminal_frames(job(status=Status.FAILED, error="no provider"), NOW))

    assert [("progress", 16), ("error", 17)] == [(frame["type"], frame["seq"]) for frame in frames]
    assert frames[0]["data"] == frames[1]["data"]


def test_a_frame_fits_into_one_frame_of_the_gateway_whatever_the_titles() -> None:
    """32 KB is API Gateway's limit; a title may be of any length."""
    long = "字" * 100_000
    frame = protocol.state_frame(job(current_status=long, current_work_id=long, error=long), NOW)

    assert len(protocol.encode(frame)) < protocol.MAX_FRAME_BYTES


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('{"type":"ready","timestamp":1697654321000}', protocol.Ready(timestamp=1697654321000)),
        ('{"type":"ready"}', protocol.Ready()),
        ('{"type":"ready","after":3,"new":{}}', protocol.Ready(after=3)),
        ('{"type":"ready","encoding":"compact"}', protocol.Ready(encoding=protocol.Encoding.COMPACT)),
        (f'{{"jobId":"{JOB_ID}","type":"subscribe"}}', protocol.Subscribe(job_id=JOB_ID)),
        ('{"type":"unsubscribe","jobId":"x"}', protocol.Unsubscribe(job_id="x")),
        ('{"type":"ack","jobId":"x","seq":4}', protocol.Ack(job_id="x", seq=4)),
        ('{"type":"cancel","jobId":"x"}', protocol.Cancel(job_id="x")),
        ('{"type":"ping","timestamp":1.5}', protocol.Ping(timestamp=1.5)),
    ],
)
def test_parse_reads_each_frame_and_ignores_what_it_does_not_know(
    text: str, frame: protocol.ClientFrame
) -> None:
    """Old clients send less, new ones more."""
    assert frame == protocol.parse(text)


@given(
    st.one_of(
        st.text(), st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps)
    )
)
def test_parse_reads_a_frame_or_says_what_is_wrong(text: str) -> None:
    """Whatever comes, it is one of the two."""
    try:
        protocol.parse(text)
    except protocol.MalformedFrameError as error:
        assert str(error)


def test_a_problem_frame_tells_what_it_answers() -> None:
    """`ref` is the type of the client's frame."""
    problem = ProblemError(ProblemType.NOT_FOUND, "x is not known here.")

    assert [
        {
            "type": "problem",
            "status": 404,
            "problemType": "urn:progress:problem:not-found",
            "title": "There is no such thing, or it is not yours",
            "detail": "x is not known here.",
            "ref": "cancel",
        }
    ] == shown(protocol.problem_frame(problem, "cancel"))


def test_a_compact_frame_has_what_its_subscriber_does_not_know() -> None:
    """Short keys, no job id; the total each time, since any frame may be the first that arrives. A connection's first
    subscription, mostly its only one, is called nothing."""
    frame = protocol.compact_frame(job(), 3)

    assert [{"j": 3, "s": 17, "n": 45, "t": 100, "e": 11, "x": "Enriching: Emma"}] == shown(frame)
    assert "j" not in shown(protocol.compact_frame(job(), 1))[0]


def test_a_compact_frame_counts_failures_where_there_are_any() -> None:
    """None is the rule."""
    (frame,) = shown(protocol.compact_frame(job(failed_items=2), 3))

    assert 2 == frame["f"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(Status.COMPLETED, "complete"), (Status.FAILED, "error"), (Status.CANCELLED, "cancelled")],
)
def test_a_compact_frame_tells_how_the_job_ended(status: Status, kind: str) -> None:
    """With the reason, where there is one."""
    error = "no provider" if status is Status.FAILED else None

    (frame,) = shown(protocol.compact_frame(job(status=status, error=error), 3))

    assert (kind, error) == (frame["k"], frame.get("r"))
