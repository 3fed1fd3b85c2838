"""How large the items are that a request to DynamoDB reads and writes, seen in moto's tables. A query of an index is
taken for one of the table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from local_emulator.model import REGION
from local_emulator.store.server.record.units import item_bytes, read_units, write_units

_READS = {"GetItem", "BatchGetItem", "TransactGetItems"}
_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
_Place = tuple[str, dict[str, Any]]
"""A table's name, and an item or its key."""


class Measured:
    """What one request took."""

    def __init__(self, operation: str, arguments: dict[str, Any]) -> None:
        self.items = 0
        self.read = 0.0
        self.write = 0
        self._looked_at: list[int] = []
        self._operation = operation
        self._arguments = arguments
        self._places = list(_places(operation, arguments))
        self.first = _key(*self._places[0]) if self._places else {}
        """The key of the first item, by the names of its attributes."""
        self._before = [_size(place) for place in self._places]

    def look(self, items: Iterable[Item]) -> None:
        """Tells what a query can match, or what a scan goes through."""
        forward = self._arguments.get("ScanIndexForward", True)
        ordered = sorted(items, key=lambda item: item.range_key, reverse=not forward)
        self._looked_at = [_item_size(item) for item in ordered]

    def answered(self, status: int, body: bytes) -> None:
        """Finds the units out. A write whose condition failed takes as much as one that did not; an error of another
        kind takes nothing."""
        if status != 200 and b"ConditionalCheckFailed" not in body and b"TransactionCanceled" not in body:
            return
        transactional = self._operation.startswith("Transact")
        self.items = len(self._places)
        if self._operation in _WRITES:
            sizes = [max(sizes) for sizes in zip(self._before, map(_size, self._places), strict=True)]
            self.write = sum(write_units(size, transactional=transactional) for size in sizes)
        elif self._operation in _READS:
            self.read = sum(
                read_units(size, consistent=self._consistent(name), transactional=transactional)
                for (name, _), size in zip(self._places, self._before, strict=True)
            )
        elif self._operation in ("Query", "Scan"):
            self.items = int(json.loads(body).get("ScannedCount", 0))
            size = sum(self._looked_at[: self.items])
            self.read = read_units(size, consistent=self._consistent(""))

    def _consistent(self, table: str) -> bool:
        asked = self._arguments.get("RequestItems", {}).get(table, self._arguments)
        return bool(asked.get("ConsistentRead"))


_current: ContextVar[Measured | None] = ContextVar("measured", default=None)


@contextmanager
def measuring(operation: str, arguments: dict[str, Any]) -> Iterator[Measured]:
    """Within this the request is answered, by the task that asks."""
    token = _current.set(Measured(operation, arguments))
    try:
        yield cast("Measured", _current.get())
    finally:
        _current.reset(token)


def hear() -> None:
    """Lets queries and scans tell what they look at; once, after `tuning`, which knows what a query can match."""
    Table.all_items = _heard(Table.all_items)


def _heard(original: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
    def all_items(table: Any) -> list[Any]:
        items = original(table)
        measured = _current.get()
        if measured is not None:
            measured.look(items)
        return items

    return all_items


def _places(operation: str, arguments: dict[str, Any]) -> Iterator[_Place]:
    if operation in ("GetItem", "PutItem", "UpdateItem", "DeleteItem"):
        yield _place(arguments)
    elif operation == "BatchWriteItem":
        for name, writes in arguments.get("RequestItems", {}).items():
            for write in writes:
                yield from (_place({"TableName": name, **action}) for action in write.values())
    elif operation == "BatchGetItem":
        for name, asked in arguments.get("RequestItems", {}).items():
            yield from ((name, key) for key in asked.get("Keys", ()))
    elif operation in ("TransactWriteItems", "TransactGetItems"):
        for action in arguments.get("TransactItems", ()):
            yield from map(_place, action.values())


def _place(action: dict[str, Any]) -> _Place:
    name = str(action.get("TableName", "")).rpartition("/")[2]
    return name, action.get("Key") or action.get("Item") or {}


def _key(name: str, attributes: dict[str, Any]) -> dict[str, Any]:
    table = _table(name)
    names = (table.hash_key_attr, table.range_key_attr) if table is not None else ()
    return {each: attributes[each] for each in names if each in attributes}


def _table(name: str) -> Table | None:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables.get(name)


def _size(place: _Place) -> int:
    name, attributes = place
    table = _table(name)
    if table is None or table.hash_key_attr not in attributes:
        return 0
    item: Any = table.items.get(DynamoType(attributes[table.hash_key_attr]))
    if table.range_key_attr and item is not None:
        item = item.get(DynamoType(attributes.get(table.range_key_attr, {"S": ""})))
    return _item_size(item) if isinstance(item, Item) else 0


def _item_size(item: Item) -> int:
    return item_bytes(item.to_json()["Attributes"])
