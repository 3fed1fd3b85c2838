"""What was found before, kept in the table so that a book is asked for once in a month, by whichever job.

CACHE#<key> | META     metadata as JSON, or why there is none
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from books.metadata import Metadata, decode, encode

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

logger = logging.getLogger(__name__)

_DAY = 24 * 3600
_NOT_FOUND_DAYS = 1
"""A book that nobody knows today may be known tomorrow."""


@dataclass(frozen=True)
class Cached:
    """One of the two: the metadata, or the reason why there is none."""

    metadata: Metadata | None
    reason: str = ""


class Cache:
    """Look-ups of one table. Reads are eventually consistent, and a table that does not answer knows nothing: at worst
    a provider is asked once more."""

    def __init__(
        self, client: DynamoDBClient, table_name: str, *, days: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._days = days
        self._clock = clock

    def get(self, key: str) -> Cached | None:
        """What is known under a key, or None. What has expired, or was written by another version, is not."""
        try:
            answer = self._client.get_item(TableName=self._table_name, Key=_key(key))
        except (ClientError, BotoCoreError):
            logger.warning("The cache could not be read", exc_info=True)
            return None
        item: dict[str, Any] = dict(answer.get("Item") or {})
        if not item or int(item["ttl"]["N"]) <= self._clock():
            return None
        if "reason" in item:
            return Cached(None, item["reason"]["S"])
        try:
            return Cached(decode(item["body"]["S"]))
        except (KeyError, msgspec.MsgspecError):
            return None

    def put(self, key: str, found: Cached) -> None:
        """Remembers an outcome."""
        days = self._days if found.metadata is not None else min(_NOT_FOUND_DAYS, self._days)
        item: dict[str, Any] = {**_key(key), "ttl": {"N": str(int(self._clock()) + days * _DAY)}}
        if found.metadata is not None:
            item["body"] = {"S": encode(found.metadata)}
        else:
            item["reason"] = {"S": found.reason}
        try:
            self._client.put_item(TableName=self._table_name, Item=item)
        except (ClientError, BotoCoreError):
            logger.warning("An outcome could not be remembered", exc_info=True)


def _key(key: str) -> dict[str, Any]:
    return {"pk": {"S": f"CACHE#{key}"}, "sk": {"S": "META"}}
