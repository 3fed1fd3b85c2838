"""What becomes of a batch's messages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_emulator.invocation import Outcome
from local_emulator.sources.batches import succeeded

MESSAGES = [{"MessageId": "a"}, {"MessageId": "b"}, {"MessageId": "c"}]


def done(payload: bytes, *, error: str | None = None, reports: bool = True) -> list[str]:
    outcome = Outcome(request_id="r", payload=payload, error=error)
    return [message["MessageId"] for message in succeeded(MESSAGES, outcome, reports_failures=reports)]


def failures(*identifiers: Any) -> bytes:
    return json.dumps({"batchItemFailures": [{"itemIdentifier": it} for it in identifiers]}).encode()


@pytest.mark.parametrize(
    "payload",
    [b"null", b"{}", b'{"batchItemFailures": null}', b'{"batchItemFailures": []}', b'{"other": 1}'],
)
def test_all_are_done_when_no_failure_is_reported(payload: bytes) -> None:
    """I4: empty, null or absent means success."""
    assert done(payload) == ["a", "b", "c"]


def test_reported_messages_come_back() -> None:
    """I4: those only."""
    assert done(failures("b")) == ["a", "c"]
    assert done(failures("a", "b", "c", "c")) == []


@pytest.mark.parametrize(
    "payload",
    [
        failures("unknown"),
        failures("a", ""),
        failures("a", None),
        b'{"batchItemFailures": [{"id": "a"}]}',
        b'{"batchItemFailures": ["a"]}',
        b'{"batchItemFailures": "a"}',
        b'{"batchItemFailures": {"a": 1}}',
        b'{"batchItemFailures": [{"itemIdentifier": ["a"]}]}',
        b'"fine"',
        b"[]",
        b"not json",
    ],
)
def test_none_is_done_when_the_answer_is_malformed(payload: bytes) -> None:
    """I4: an unknown or empty id, or an answer of another shape, fails the whole batch."""
    assert done(payload) == []


def test_answer_is_ignored_when_the_mapping_reports_nothing() -> None:
    """Without ReportBatchItemFailures only an error counts."""
    assert done(failures("a"), reports=False) == ["a", "b", "c"]
    assert done(b"{}", error="Unhandled", reports=False) == []
    assert done(b"{}", error="Unhandled") == []
