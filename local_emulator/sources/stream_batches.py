"""Records of a table's stream as a function's event, and a function's answer as where to go on.

docs.aws.amazon.com/lambda/latest/dg/with-ddb.html and services-ddb-batchfailurereporting.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from local_emulator.invocation import Outcome

Record = Mapping[str, Any]
"""A record as GetRecords gives it."""


def records_of(records: Sequence[Record], stream_arn: str) -> list[dict[str, Any]]:
    """The records as they stand in an event."""
    return [{**_plain(record), "eventSourceARN": stream_arn} for record in records]


def _plain(value: Any) -> Any:
    """JSON's types only: moments become seconds, bytes base64."""
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(member) for member in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    return value


def first_failed(records: Sequence[Record], outcome: Outcome, *, reports_failures: bool) -> int | None:
    """The place of the record to go on with, None when all are done.

    With reported failures it is the lowest one that is named; an answer that cannot be understood, or that names a
    record which is not in the batch, fails the batch whole.
    """
    if outcome.error is not None:
        return 0
    if not reports_failures:
        return None
    try:
        answer = outcome.value()
    except ValueError:
        return 0
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not failures:
        return None
    if not isinstance(failures, list):
        return 0
    places = {record["dynamodb"]["SequenceNumber"]: place for place, record in enumerate(records)}
    named = [failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures]
    found = [places.get(name) if isinstance(name, str) else None for name in named]
    return 0 if None in found else min(place for place in found if place is not None)


def given_up(
    records: Sequence[Record],
    *,
    condition: str,
    shard: str,
    stream_arn: str,
    function_arn: str,
    attempts: int,
    outcome: Outcome | None,
    now: datetime,
) -> dict[str, Any]:
    """What a failure destination is told of a batch.

    docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    """
    told: dict[str, Any] = {
        "requestContext": {
            "requestId": outcome.request_id if outcome else "",
            "functionArn": function_arn,
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "version": "1.0",
        "timestamp": _stamp(now),
        "DDBStreamBatchInfo": _batch_info(records, shard, stream_arn),
    }
    if outcome is not None:
        told["responseContext"] = {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        }
    return told


def _batch_info(records: Sequence[Record], shard: str, stream_arn: str) -> dict[str, Any]:
    first, last = records[0]["dynamodb"], records[-1]["dynamodb"]
    return {
        "shardId": shard,
        "startSequenceNumber": first["SequenceNumber"],
        "endSequenceNumber": last["SequenceNumber"],
        "approximateArrivalOfFirstRecord": _stamp(first["ApproximateCreationDateTime"]),
        "approximateArrivalOfLastRecord": _stamp(last["ApproximateCreationDateTime"]),
        "batchSize": len(records),
        "streamArn": stream_arn,
    }


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
