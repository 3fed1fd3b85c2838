"""Where a stream goes on after a batch."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local_emulator.invocation import Outcome
from local_emulator.sources.stream_batches import first_failed, records_of

RECORDS = [{"dynamodb": {"SequenceNumber": number}} for number in ("1", "2", "3")]


def goes_on_at(payload: bytes, *, error: str | None = None, reports: bool = True) -> int | None:
    outcome = Outcome(request_id="r", payload=payload, error=error)
    return first_failed(RECORDS, outcome, reports_failures=reports)


def failures(*identifiers: Any) -> bytes:
    return json.dumps({"batchItemFailures": [{"itemIdentifier": it} for it in identifiers]}).encode()


@pytest.mark.parametrize(
    "payload", [b"null", b"{}", b'{"batchItemFailures": null}', b'{"batchItemFailures": []}']
)
def test_batch_is_done_when_no_failure_is_reported(payload: bytes) -> None:
    """Empty, null or absent means success."""
    assert goes_on_at(payload) is None


def test_stream_goes_on_at_the_lowest_reported_record() -> None:
    """However many are named, and in whatever order."""
    assert goes_on_at(failures("3", "2")) == 1
    assert goes_on_at(failures("3")) == 2


@pytest.mark.parametrize(
    "payload",
    [
        failures(""),
        failures(None),
        failures("9"),
        failures("2", "9"),
        b'{"batchItemFailures": 1}',
        b'{"batchItemFailures": [1]}',
        b"no json",
    ],
)
def test_batch_fails_whole_when_the_answer_cannot_be_understood(payload: bytes) -> None:
    """An unknown, empty or null identifier fails every record."""
    assert goes_on_at(payload) == 0


def test_error_fails_the_batch_whole_and_an_unasked_report_means_nothing() -> None:
    """Only with ReportBatchItemFailures is the answer looked at."""
    assert goes_on_at(b"{}", error="Unhandled") == 0
    assert goes_on_at(failures("2"), reports=False) is None


def test_records_hold_plain_json() -> None:
    """Bytes are base64, moments are seconds, and each record names its stream."""
    record = {
        "dynamodb": {
            "ApproximateCreationDateTime": datetime.fromtimestamp(1.5, UTC),
            "NewImage": {"b": {"B": b"\x00"}, "l": {"L": [{"BS": [b"\x01"]}]}},
        }
    }

    assert records_of([record], "arn") == [
        {
            "dynamodb": {
                "ApproximateCreationDateTime": 1.5,
                "NewImage": {"b": {"B": "AA=="}, "l": {"L": [{"BS": ["AQ=="]}]}},
            },
            "eventSourceARN": "arn",
        }
    ]
