"""Faults at a queue: when its messages are delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from local_emulator.faults import Faults
from local_emulator.faults.rules import parse
from local_emulator.model import StoreResource
from local_emulator.sources.deliveries import Deliveries


def messages(text: str) -> list[dict[str, str]]:
    return [{"MessageId": letter} for letter in text]


def letters(given: list[Any]) -> str:
    return "".join(message["MessageId"] for message in given)


def deliveries(deliver: Callable[[list[Any]], None], name: str = "local-Queue", **rule: Any) -> Deliveries:
    queue = StoreResource(logical_id="Queue", type="AWS::SQS::Queue", name=name, properties={})
    return Deliveries(Faults(parse([{"where": "queue", **rule}])), queue, "F", deliver)


async def test_without_a_fault_messages_go_as_they_came() -> None:
    """Nothing is held."""
    later: list[Any] = []

    assert "abc" == letters(deliveries(later.extend, action="duplicate", nth=9).arrange(messages("abc")))
    assert [] == later


async def test_duplicate_comes_again_by_itself() -> None:
    """SQS delivers at least once: the same message, in a batch of its own."""
    again: asyncio.Queue[Any] = asyncio.Queue()

    now = deliveries(again.put_nowait, action="duplicate", nth=2).arrange(messages("abc"))

    assert "abc" == letters(now)
    assert "b" == letters(await again.get())


async def test_delayed_message_comes_later() -> None:
    """The others do not wait for it."""
    later: asyncio.Queue[Any] = asyncio.Queue()

    now = deliveries(later.put_nowait, action="delay", seconds=0.01, nth=1).arrange(messages("ab"))

    assert "b" == letters(now)
    assert "a" == letters(await later.get())


async def test_reordered_message_is_overtaken_by_the_next() -> None:
    """In the same batch, or in the one that comes after."""
    made = deliveries(lambda _: None, action="reorder", nth=[1, 4], seconds=60)

    assert "bac" == letters(made.arrange(messages("abc")))
    assert "" == letters(made.arrange(messages("d")))
    assert "ed" == letters(made.arrange(messages("e")))
    made.stop()


async def test_reordered_message_that_nothing_follows_goes_after_its_time() -> None:
    """It is not held for ever."""
    later: asyncio.Queue[Any] = asyncio.Queue()
    made = deliveries(later.put_nowait, action="reorder", seconds=0.01, nth=1)

    assert [] == made.arrange(messages("a"))
    assert "a" == letters(await later.get())
    assert "b" == letters(made.arrange(messages("b")))


async def test_fifo_queue_is_left_alone() -> None:
    """It delivers in order and once, and nothing that AWS does not do is imitated."""
    made = deliveries(lambda _: None, "local-Queue.fifo", action="reorder", seconds=60)

    assert "ab" == letters(made.arrange(messages("ab")))
