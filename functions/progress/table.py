"""One DynamoDB table: `pk`, `sk`, `ttl`, plain Python values in and out.

Deletion by TTL is lazy (DynamoDB's guide: usually within days), so every read also drops what has expired.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from progress.clock import Clock, now_ms

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]

_BATCH = 25
"""BatchWriteItem's limit."""
_BATCH_THREADS = 4
_BATCH_ATTEMPTS = 8


class ConditionFailedError(Exception):
    """A conditional write was refused; `item` is what stands in the table, or None if there is nothing."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("the condition of a write did not hold")
        self.item = item


class _Deserializer(TypeDeserializer):
    """Whole numbers as int: nothing in this table is fractional."""

    def _deserialize_n(self, value: str) -> int:
        return int(value)


_serialize = TypeSerializer().serialize
_deserialize = _Deserializer().deserialize


def _decode(raw: Mapping[str, Any]) -> Item:
    return {name: _deserialize(value) for name, value in raw.items()}


def _encode(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _serialize(value) for name, value in item.items() if value is not None}


def job_key(job_id: str) -> str:
    """The partition of all that belongs to a job."""
    return f"JOB#{job_id}"


class Table:
    """Reads are strongly consistent unless said otherwise: the guarantees rest on that."""

    def __init__(self, client: DynamoDBClient, name: str, clock: Clock = now_ms) -> None:
        self._client = client
        self._name = name
        self._clock = clock

    def get(self, pk: str, sk: str) -> Item | None:
        """The live item under a key, or None."""
        answer = self._client.get_item(
            TableName=self._name, Key=_encode({"pk": pk, "sk": sk}), ConsistentRead=True
        )
        raw = answer.get("Item")
        return self._live(_decode(raw)) if raw else None

    def put(self, item: Item, *, unless_exists: bool = False) -> None:
        """Writes an item whole; attributes that are None are left out.

        With `unless_exists`, an item already there (and not expired) is kept.

        Raises:
            ConditionFailedError: with the item that was kept.
        """
        arguments: dict[str, Any] = {"TableName": self._name, "Item": _encode(item)}
        if unless_exists:
            arguments |= {
                "ConditionExpression": "attribute_not_exists(pk) OR #ttl <= :now",
                "ExpressionAttributeNames": {"#ttl": "ttl"},
                "ExpressionAttributeValues": _encode({":now": self._seconds()}),
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        with self._conditions(item["pk"], item["sk"]):
            self._client.put_item(**arguments)

    def update(
        self,
        pk: str,
        sk: str,
        expression: str,
        values: Mapping[str, Any],
        *,
        condition: str | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Item:
        """Applies an update expression and returns the whole item as it stands after it.

        Raises:
            ConditionFailedError: with the item as it stands.
        """
        arguments: dict[str, Any] = {
            "TableName": self._name,
            "Key": _encode({"pk": pk, "sk": sk}),
            "UpdateExpression": expression,
            "ExpressionAttributeValues": _encode(values),
            "ReturnValues": "ALL_NEW",
        }
        if condition:
            arguments |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        if names:
            arguments["ExpressionAttributeNames"] = dict(names)
        with self._conditions(pk, sk):
            return _decode(self._client.update_item(**arguments)["Attributes"])

    def delete(
        self,
        pk: str,
        sk: str,
        *,
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Item | None:
        """Deletes an item and returns it as it stood, or None if there was nothing.

        Raises:
            ConditionFailedError: with the item as it stands.
        """
        arguments: dict[str, Any] = {
            "TableName": self._name,
            "Key": _encode({"pk": pk, "sk": sk}),
            "ReturnValues": "ALL_OLD",
        }
        if condition:
            arguments |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        if values:
            arguments["ExpressionAttributeValues"] = _encode(values)
        if names:
            arguments["ExpressionAttributeNames"] = dict(names)
        with self._conditions(pk, sk):
            raw = self._client.delete_item(**arguments).get("Attributes")
        return _decode(raw) if raw else None

    def query(
        self,
        pk: str,
        prefix: str,
        *,
        attributes: Sequence[str] = (),
        after: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Item]:
        """The live items of a partition whose `sk` starts with `prefix`, in order of `sk`.

        `attributes` fetches only those (and the keys); `after` starts behind that `sk`; `limit` stops after so many.
        """
        names = {"#ttl": "ttl"}
        arguments: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "FilterExpression": "attribute_not_exists(#ttl) OR #ttl > :now",
            "ExpressionAttributeValues": _encode({":pk": pk, ":prefix": prefix, ":now": self._seconds()}),
            "ConsistentRead": True,
        }
        if attributes:
            names |= {f"#a{position}": name for position, name in enumerate(attributes)}
            projected = [name for name in names if name.startswith("#a")]
            arguments["ProjectionExpression"] = ", ".join(["pk", "sk", *projected])
        arguments["ExpressionAttributeNames"] = names
        if after is not None:
            arguments["ExclusiveStartKey"] = _encode({"pk": pk, "sk": after})
        found = 0
        while True:
            if limit is not None:
                arguments["Limit"] = limit - found
            answer = self._client.query(**arguments)
            for raw in answer["Items"]:
                found += 1
                yield _decode(raw)
            if "LastEvaluatedKey" not in answer or (limit is not None and found >= limit):
                return
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def put_all(self, items: Iterable[Item]) -> None:
        """Writes many items, unconditionally and in no order."""
        self._write_all([{"PutRequest": {"Item": _encode(item)}} for item in items])

    def delete_all(self, keys: Iterable[tuple[str, str]]) -> None:
        """Deletes many items by `(pk, sk)`; those that are not there are no error."""
        self._write_all([{"DeleteRequest": {"Key": _encode({"pk": pk, "sk": sk})}} for pk, sk in keys])

    def _write_all(self, requests: list[Any]) -> None:
        batches = [requests[start : start + _BATCH] for start in range(0, len(requests), _BATCH)]
        if len(batches) <= 1:
            for batch in batches:
                self._write_batch(batch)
            return
        with ThreadPoolExecutor(_BATCH_THREADS) as pool:
            # The list makes the first failure surface here.
            list(pool.map(self._write_batch, batches))

    def _write_batch(self, batch: list[Any]) -> None:
        for attempt in range(_BATCH_ATTEMPTS):
            if attempt:
                # What a batch leaves undone was throttled: the SDK does not retry it, and pressing on makes it worse.
                time.sleep(random.uniform(0, min(2.0, 0.05 * 2**attempt)))  # noqa: S311 jitter, not a secret
            answer = self._client.batch_write_item(RequestItems={self._name: batch})
            batch = cast("list[Any]", answer.get("UnprocessedItems", {}).get(self._name, []))
            if not batch:
                return
        raise RuntimeError(
            f"DynamoDB left {len(batch)} writes of a batch undone after {_BATCH_ATTEMPTS} attempts"
        )

    @contextmanager
    def _conditions(self, pk: str, sk: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raw = cast("dict[str, Any]", error.response).get("Item")
            # Not every implementation of DynamoDB returns the item that stood in the way.
            raise ConditionFailedError(_decode(raw) if raw else self.get(pk, sk)) from error

    def _live(self, item: Item) -> Item | None:
        expires = item.get("ttl")
        return None if expires is not None and expires <= self._seconds() else item

    def _seconds(self) -> int:
        return self._clock() // 1000
