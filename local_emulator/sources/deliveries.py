"""Which messages of a queue go to a function now, and which later, twice or in another order: SQS's faults.

Standard queues only: a FIFO queue delivers in order and once, so its messages are left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from local_emulator.faults import Faults
from local_emulator.model import StoreResource
from local_emulator.sources.batches import Message


class Deliveries:
    """Arranges what one event source mapping has received."""

    def __init__(
        self, faults: Faults, queue: StoreResource, function: str, deliver: Callable[[list[Message]], None]
    ) -> None:
        """`deliver` hands messages over whose time has come after the others of their batch."""
        self._faults = faults
        self._queue = queue
        self._function = function
        self._deliver = deliver
        self._timers: set[asyncio.TimerHandle] = set()
        self._overtaken: list[tuple[Message, asyncio.TimerHandle]] = []

    def arrange(self, messages: Sequence[Message]) -> list[Message]:
        """The messages to deliver now, in their order."""
        if self._queue.name.endswith(".fifo"):
            return list(messages)
        now: list[Message] = []
        for message in messages:
            if self._goes_now(message):
                now.append(message)
                # What waited to be overtaken has been.
                now.extend(self._release())
        return now

    def stop(self) -> None:
        """Forgets what waits; the queue hands it out again."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._overtaken.clear()

    def _goes_now(self, message: Message) -> bool:
        fault = self._faults.decide(
            "queue",
            queue=(self._queue.logical_id, self._queue.name),
            function=self._function,
            message_id=message["MessageId"],
        )
        if fault is None:
            return True
        timer = self._later(fault["seconds"], message)
        if fault.action == "reorder":
            self._overtaken.append((message, timer))
        return fault.action == "duplicate"

    def _later(self, seconds: float, message: Message) -> asyncio.TimerHandle:
        def deliver() -> None:
            self._timers.discard(timer)
            self._overtaken = [held for held in self._overtaken if held[1] is not timer]
            self._deliver([message])

        timer = asyncio.get_running_loop().call_later(seconds, deliver)
        self._timers.add(timer)
        return timer

    def _release(self) -> list[Message]:
        released, self._overtaken = self._overtaken, []
        for _, timer in released:
            timer.cancel()
            self._timers.discard(timer)
        return [message for message, _ in released]
