"""What tables held a while ago, for eventually consistent reads, which need not see the latest writes.

> When issuing eventually consistent reads to a DynamoDB table or an index, the responses may not reflect the results
> of a recently completed write operation.
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html)

Nothing is kept until somebody asks for it: moto's writes are its own again when nobody does.
"""

from __future__ import annotations

import contextlib
import copy
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table

from local_emulator.http1 import Request, Response
from local_emulator.store.server import backend


@dataclass(frozen=True)
class _Write:
    """One that is about to happen, and what it puts an end to."""

    at: float
    hash_key: Any
    range_key: Any
    before: Any
    """The item, or None where there was none."""


class Past:
    """Remembers, for as long as `keep` says, what writes have replaced."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._restore = contextlib.ExitStack()
        self._writes: defaultdict[Any, deque[_Write]] = defaultdict(deque)

    def keep(self, seconds: float) -> None:
        """So much from now on; 0 forgets all."""
        if seconds and not self._seconds:
            self._watch()
        elif not seconds:
            self._restore.close()
            self._writes.clear()
        self._seconds = seconds

    def answer(self, request: Request, tables: Mapping[str, float]) -> Response:
        """What the request reads where each of these tables stands as it stood so many seconds ago.

        What was written before `keep` was called has been there for ever.
        """
        there = dynamodb_backends[DEFAULT_ACCOUNT_ID][backend.scope(request)[0]].tables
        with contextlib.ExitStack() as stack:
            for name, seconds in tables.items():
                if name in there:
                    stack.enter_context(self._set_back(there[name], seconds))
            return backend.answer(request)

    @contextlib.contextmanager
    def _set_back(self, table: Any, seconds: float) -> Iterator[None]:
        present = table.items
        table.items = self._items(table, time.monotonic() - seconds)
        try:
            yield
        finally:
            table.items = present

    def _items(self, table: Any, moment: float) -> Any:
        items = table.items.copy()
        copied = set()
        for write in reversed(self._writes[_identity(table)]):
            if write.at <= moment:
                break
            holder, key = items, write.hash_key
            if table.has_range_key:
                if key not in copied:
                    items[key] = dict(items.get(key, {}))
                    copied.add(key)
                holder, key = items[key], write.range_key
            if write.before is None:
                holder.pop(key, None)
            else:
                holder[key] = write.before
        return items

    def _watch(self) -> None:
        put_item, delete_item, update_item = Table.put_item, Table.delete_item, DynamoDBBackend.update_item

        def put(table: Any, item_attrs: dict[str, Any], *arguments: Any, **named: Any) -> Any:
            self._note(table, lambda: _keys(table, item_attrs))
            return put_item(table, item_attrs, *arguments, **named)

        def delete(table: Any, hash_key: Any, range_key: Any) -> Any:
            self._note(table, lambda: (hash_key, range_key))
            return delete_item(table, hash_key, range_key)

        def update(tables: Any, table_name: str, key: dict[str, Any], *arguments: Any, **named: Any) -> Any:
            table = tables.get_table(table_name)
            self._note(table, lambda: _keys(table, key))
            return update_item(tables, table_name, key, *arguments, **named)

        for owner, name, watched in (
            (Table, "put_item", put),
            (Table, "delete_item", delete),
            (DynamoDBBackend, "update_item", update),
        ):
            self._restore.callback(setattr, owner, name, getattr(owner, name))
            setattr(owner, name, watched)

    def _note(self, table: Any, keys: Callable[[], tuple[Any, Any]]) -> None:
        now = time.monotonic()
        writes = self._writes[_identity(table)]
        while writes and writes[0].at < now - self._seconds:
            writes.popleft()
        # Keys that are not what the table wants are for moto to refuse.
        with contextlib.suppress(MockValidationException, LookupError, TypeError, ValueError):
            hash_key, range_key = keys()
            # moto changes an item where it stands.
            before = copy.deepcopy(table.get_item(hash_key, range_key))
            writes.append(_Write(now, hash_key, range_key, before))


def _keys(table: Any, attributes: dict[str, Any]) -> tuple[Any, Any]:
    hash_key, range_key = dynamodb_backends[table.account_id][table.region_name].get_keys_value(
        table, attributes
    )
    return hash_key, range_key


def _identity(table: Any) -> Any:
    # moto puts a copy in the place of a table when it undoes a transaction. A table of the same name that is made
    # when that one has been deleted is another.
    return table.table_arn, table.created_at
