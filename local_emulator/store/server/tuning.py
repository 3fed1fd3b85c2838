"""moto, made quick: what it computes anew for every request and every item is remembered or skipped.

The answers stay the same. A moto whose internals have moved simply runs at its own speed or fails at import of this
module, which the tests of the store would show.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from moto.core import responses
from moto.core.serialize import JSONSerializer
from moto.dynamodb.comparisons import get_comparison_func
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

from local_emulator.store.server import expressions


def tune() -> None:
    """Installs everything here; once, before the first request."""
    responses.camelcase_to_underscores = lru_cache(responses.camelcase_to_underscores)
    responses.method_names_from_class = lru_cache(responses.method_names_from_class)
    DynamoType.size = _size_of_sets_at_once(DynamoType.size)
    JSONSerializer._serialize_type_structure = _attribute_values_directly(
        JSONSerializer._serialize_type_structure
    )
    Item.project = _attributes_by_name(Item.project)
    Table.all_items = _only_candidates(Table.all_items)
    Table.query = _query_partition(Table.query)
    expressions.tune()


def _size_of_sets_at_once(original: Callable[[Any], int]) -> Callable[[Any], int]:
    def size(self: Any) -> int:
        if self.type in ("NS", "SS"):
            return sum(len(value.encode()) for value in self.value)
        return original(self)

    return size


def _attribute_values_directly(original: Callable[..., None]) -> Callable[..., None]:
    """DynamoDB's values are nearly JSON when they reach the serialiser, which would look up each one's type."""

    def serialize(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and isinstance(value, dict) and len(value) == 1:
            serialized[key] = _wire_value(value)
        else:
            original(self, serialized, value, shape, key)

    return serialize


def _wire_value(value: dict[str, Any]) -> dict[str, Any]:
    ((kind, content),) = value.items()
    match kind:
        case "M":
            content = {name: _wire_value(member) for name, member in content.items()}
        case "L":
            content = [_wire_value(member) for member in content]
        case "B":
            content = base64.b64encode(content).decode()
        case "BS":
            content = [base64.b64encode(member).decode() for member in content]
        case "NS":
            content = [str(member) for member in content]
        case "N":
            content = str(content)
    return {kind: content}


def _attributes_by_name(
    original: Callable[[Any, list[list[str]]], Any],
) -> Callable[[Any, list[list[str]]], Any]:
    """Whole attributes are taken as they are; moto turns the item into Python's values and back, once for each name."""

    def project(self: Any, expressions: list[list[str]]) -> Any:
        if any(len(path) != 1 or "[" in path[0] for path in expressions):
            return original(self, expressions)
        projected = Item(self.hash_key, self.range_key, {})
        for (name,) in expressions:
            if name in self.attrs:
                # Past the check of the item's size: it was made when the whole was written.
                dict.__setitem__(projected.attrs, name, self.attrs[name])
        return projected

    return project


def _only_candidates(original: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
    def all_items(self: Any) -> list[Any]:
        candidates: list[Any] | None = vars(self).get("_candidates")
        return original(self) if candidates is None else candidates

    return all_items


def _query_partition(original: Callable[..., Any]) -> Callable[..., Any]:
    """A query of the table itself looks at one partition, and there only at the sort keys that can match.

    moto looks at every item of the table, twice, and sorts them all.
    """

    def query(
        self: Any,
        hash_key: Any,
        range_comparison: str | None,
        range_values: list[Any],
        limit: int,
        exclusive_start_key: dict[str, Any] | None,
        forward: bool,
        projection: Any,
        index_name: str | None = None,
        *arguments: Any,
        **named: Any,
    ) -> Any:
        if index_name is None and self.range_key_attr:
            partition = self.items.get(hash_key, {}).values()
            start = (exclusive_start_key or {}).get(self.range_key_attr)
            self._candidates = list(_matching(partition, range_comparison, range_values, start, forward))
        try:
            return original(
                self, hash_key, range_comparison, range_values, limit, exclusive_start_key, forward,
                projection, index_name, *arguments, **named,
            )  # fmt: skip
        finally:
            self._candidates = None

    return query


def _matching(
    partition: Iterable[Any], comparison: str | None, values: list[Any], start: Any, forward: bool
) -> Iterable[Any]:
    matches = get_comparison_func(comparison) if comparison else None
    bounds = [value.cast_value for value in values]
    beginning = DynamoType(start).cast_value if start else None
    for item in partition:
        key = item.range_key.cast_value
        if matches is not None and not matches(key, *bounds):
            continue
        if beginning is not None and (key <= beginning if forward else key >= beginning):
            continue
        yield item
