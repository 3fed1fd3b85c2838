"""What was found before, kept in the table so that a book is asked for once in a month, by whichever job.

CACHE#<key> | META     metadata as JSON, or why there is none
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from books.metadata import Metadata, decode, encode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

logger = logging.getLogger(__name__)

_PREFIX = "CACHE#"
_DAY = 24 * 3600
_NOT_FOUND_DAYS = 1
"""A book that nobody knows today may be known tomorrow."""


@dataclass(frozen=True)
class Cached:
    """One of the two: the metadata, or the reason why there is none."""

    metadata: Metadata | None
    reason: str = ""


class Cache:
    """Look-ups of one table, read and written many at a time. Reads are eventually consistent, and a table that does
    not answer knows nothing: at worst a provider is asked once more."""

    MOST = 25
    """So many keys at once: the limit of BatchWriteItem, the lower of the two."""

    def __init__(
        self, client: DynamoDBClient, table_name: str, *, days: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._days = days
        self._clock = clock

    def get(self, keys: Collection[str]) -> dict[str, Cached | None]:
        """What is known under each of up to `MOST` keys. What has expired, or was written by another version, is not.

        A key that the table had no time for is not in the answer.
        """
        try:
            answer = self._client.batch_get_item(
                RequestItems={self._table_name: {"Keys": [_key(key) for key in keys]}}
            )
        except (ClientError, BotoCoreError):
            logger.warning("The cache could not be read", exc_info=True)
            return {}
        rows = {row["pk"]["S"]: row for row in answer["Responses"].get(self._table_name, ())}
        unread = {
            key["pk"]["S"] for each in answer.get("UnprocessedKeys", {}).values() for key in each["Keys"]
        }
        return {key: self._read(rows.get(_PREFIX + key, {})) for key in keys if _PREFIX + key not in unread}

    def put(self, outcomes: Mapping[str, Cached]) -> None:
        """Remembers up to `MOST` outcomes."""
        requests: list[Any] = [
            {"PutRequest": {"Item": self._row(key, found)}} for key, found in outcomes.items()
        ]
        try:
            self._client.batch_write_item(RequestItems={self._table_name: requests})
        except (ClientError, BotoCoreError):
            logger.warning("Outcomes could not be remembered", exc_info=True)

    def _row(self, key: str, found: Cached) -> dict[str, Any]:
        days = self._days if found.metadata is not None else min(_NOT_FOUND_DAYS, self._days)
        row: dict[str, Any] = {**_key(key), "ttl": {"N": str(int(self._clock()) + days * _DAY)}}
        if found.metadata is not None:
            row["body"] = {"S": encode(found.metadata)}
        else:
            row["reason"] = {"S": found.reason}
        return row

    def _read(self, row: Mapping[str, Any]) -> Cached | None:
        if not row or int(row["ttl"]["N"]) <= self._clock():
            return None
        if "reason" in row:
            return Cached(None, row["reason"]["S"])
        try:
            return Cached(decode(row["body"]["S"]))
        except (KeyError, msgspec.MsgspecError):
            return None


def _key(key: str) -> dict[str, Any]:
    return {"pk": {"S": _PREFIX + key}, "sk": {"S": "META"}}
