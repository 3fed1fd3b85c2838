"""What a chunk's look-ups remember: read once, written a few at a time, and never at another's cost."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from books.cache import Cache, Cached
from books.memory import Memory
from tests.integration.progress.conftest import TABLE_NAME
from tests.outages import outage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEYS = [f"work#{number}" for number in range(25)]
NOWHERE = Cached(None, "nobody has it")


@pytest.fixture
def cache(dynamodb: DynamoDBClient) -> Cache:
    return Cache(dynamodb, TABLE_NAME, days=30)


def known(cache: Cache, key: str) -> Cached | None:
    return cache.get([key])[key]


def test_a_chunk_asks_the_table_once_and_tells_it_once(cache: Cache, dynamodb: DynamoDBClient) -> None:
    """However many look-ups it has, and though a key comes twice."""
    with outage(dynamodb, lambda *_: False) as asked, Memory(cache, [*KEYS, *KEYS]) as memory:
        for key in KEYS:
            assert None is memory.get(key)
            memory.put(key, NOWHERE)

    assert ["BatchGetItem", "BatchWriteItem"] == asked
    with Memory(cache, KEYS) as memory:
        assert [NOWHERE] * 25 == [memory.get(key) for key in KEYS]


def test_more_keys_than_the_table_takes_at_once_are_asked_for_in_turn(
    cache: Cache, dynamodb: DynamoDBClient
) -> None:
    """A chunk has as many as it has."""
    keys = [f"work#{number}" for number in range(60)]
    with Memory(cache, keys) as memory:
        for key in keys:
            memory.put(key, NOWHERE)

    with outage(dynamodb, lambda *_: False) as asked, Memory(cache, keys) as memory:
        assert [NOWHERE] * 60 == [memory.get(key) for key in keys]
    assert ["BatchGetItem"] * 3 == asked


def test_a_batch_holds_no_more_than_the_table_takes_however_many_find_at_once(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table would refuse the whole of a larger one, and all of it would be forgotten."""
    sizes: list[int] = []
    put = Cache.put

    def counted(self: Cache, outcomes: Mapping[str, Cached]) -> None:
        sizes.append(len(outcomes))
        put(self, outcomes)

    monkeypatch.setattr(Cache, "put", counted)
    keys = [f"work#{number}" for number in range(400)]
    with Memory(cache, [], clock=lambda: 0.0) as memory, ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda key: memory.put(key, NOWHERE), keys))

    assert [25] * 16 == sizes


def test_what_the_table_had_no_time_for_is_asked_again_when_it_is_needed(
    cache: Cache, dynamodb: DynamoDBClient
) -> None:
    """BatchGetItem may leave keys out (UnprocessedKeys), which is not to say that they are unknown."""
    with Memory(cache, KEYS) as memory:
        for key in KEYS:
            memory.put(key, NOWHERE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dynamodb, "batch_get_item", lambda **asked: unread(asked["RequestItems"]))
        memory = Memory(cache, KEYS)

    assert [NOWHERE] * 25 == [memory.get(key) for key in KEYS]


def unread(asked: dict[str, Any]) -> dict[str, Any]:
    """The answer that had time for none of the keys."""
    return {"Responses": {}, "UnprocessedKeys": asked}


def test_what_is_found_is_known_at_once_here_and_elsewhere_with_the_next_after_half_a_second(
    cache: Cache,
) -> None:
    """Other workers look the same books up."""
    now = [0.0]
    with Memory(cache, [], clock=lambda: now[0]) as memory:
        memory.put("a", NOWHERE)
        now[0] = 0.4
        memory.put("b", NOWHERE)
        assert (NOWHERE, None) == (memory.get("a"), known(cache, "a"))
        now[0] = 0.5
        memory.put("c", NOWHERE)
        assert [NOWHERE] * 3 == [known(cache, key) for key in "abc"]


def test_what_another_is_just_finding_is_waited_for(cache: Cache) -> None:
    """In the same chunk or in another one."""
    with Memory(cache, ["near", "far"]) as memory, Memory(cache, []) as other:
        threading.Timer(0.3, lambda: memory.put("near", NOWHERE)).start()
        assert NOWHERE == memory.await_answer("near", seconds=5)
        other.put("far", NOWHERE)
        threading.Timer(0.3, lambda: other.await_answer("elsewhere", seconds=0)).start()
        assert NOWHERE == memory.await_answer("far", seconds=5)


def test_who_waits_keeps_nobody_waiting(cache: Cache) -> None:
    """Two that wait for what the other has would both wait in vain."""
    with Memory(cache, ["a"]) as memory:
        memory.put("a", NOWHERE)
        assert None is memory.await_answer("b", seconds=0)
        assert NOWHERE == known(cache, "a")


def test_a_table_that_does_not_answer_is_asked_again_when_the_key_is_needed(
    cache: Cache, dynamodb: DynamoDBClient
) -> None:
    """It may by then; what could not be written down is forgotten, and nobody fails for it."""
    with Memory(cache, KEYS) as memory:
        memory.put("work#1", NOWHERE)

    with outage(dynamodb, lambda number, *_: number == 1), Memory(cache, KEYS) as memory:
        assert (NOWHERE, None) == (memory.get("work#1"), memory.get("work#2"))
    with outage(dynamodb, lambda _, operation, __: operation == "BatchWriteItem"):
        with Memory(cache, KEYS) as memory:
            memory.put("work#2", NOWHERE)
        assert None is known(cache, "work#2")


def test_what_is_too_long_for_a_key_is_not_remembered(cache: Cache, dynamodb: DynamoDBClient) -> None:
    """DynamoDB would refuse the whole batch for it."""
    long = "title#" + "x" * 3_000
    with outage(dynamodb, lambda *_: False) as asked, Memory(cache, [long]) as memory:
        memory.put(long, NOWHERE)
        assert None is memory.get(long)
        assert None is memory.await_answer(long, seconds=0)

    assert [] == asked
