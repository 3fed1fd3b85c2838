"""Every order in which the table requests of several actors can follow one another: races by enumeration, not by luck.

An actor is a function that runs in a thread of its own and stops before each request to DynamoDB. One actor at a time
is let go, up to its next request; which one, at each step, is what an order consists of.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Actor = Callable[[], object]
_EVENT = "before-call.dynamodb"
_DEADLINE_SECONDS = 30


@dataclass
class _Running:
    """An actor's thread, and whose turn it is."""

    go: threading.Event = field(default_factory=threading.Event)
    paused: threading.Event = field(default_factory=threading.Event)
    finished: bool = False
    error: BaseException | None = None


class Orders:
    """Runs actors in one order after the other, until each was had."""

    def __init__(self, client: Any, *, ignoring: Sequence[bytes] = ()) -> None:
        """`client` is the boto3 client that the actors use. A request with one of the texts `ignoring` in its body is
        no step of its own: what comes of it depends on no other."""
        self._client = client
        self._ignoring = ignoring
        self._prefix: list[int] = []
        self._taken: list[tuple[int, int]] = []
        self._by_thread: dict[int, _Running] = {}

    def __iter__(self) -> Iterator[int]:
        """The number of the order to be run next; between two, `run` must have been called once."""
        number = 0
        while True:
            self._taken = []
            yield number
            number += 1
            while self._taken and self._taken[-1][0] + 1 == self._taken[-1][1]:
                self._taken.pop()
            if not self._taken:
                return
            self._prefix = [choice for choice, _ in self._taken]
            self._prefix[-1] += 1

    def run(self, *actors: Actor) -> None:
        """Runs the actors in the order whose turn it is.

        Raises:
            Exception: what an actor raised.
        """
        with self._gated():
            running = [self._start(actor) for actor in actors]
            while alive := [each for each in running if not each.finished]:
                self._step(alive)
        for each in running:
            if each.error is not None:
                raise each.error

    def _step(self, alive: Sequence[_Running]) -> None:
        position = len(self._taken)
        choice = self._prefix[position] if position < len(self._prefix) else 0
        self._taken.append((choice, len(alive)))
        chosen = alive[choice]
        chosen.paused.clear()
        chosen.go.set()
        assert chosen.paused.wait(_DEADLINE_SECONDS), "an actor hangs"

    def _start(self, actor: Actor) -> _Running:
        running = _Running()

        def body() -> None:
            self._by_thread[threading.get_ident()] = running
            try:
                actor()
            except BaseException as error:  # raised again by `run`
                running.error = error
            running.finished = True
            running.paused.set()

        threading.Thread(target=body, daemon=True).start()
        assert running.paused.wait(_DEADLINE_SECONDS), "an actor does not start"
        return running

    def _pause(self, params: Mapping[str, Any], **_: Any) -> None:
        running = self._by_thread.get(threading.get_ident())
        if running is not None and not any(text in params["body"] for text in self._ignoring):
            running.go.clear()
            running.paused.set()
            assert running.go.wait(_DEADLINE_SECONDS), "an actor is never let go"

    @contextmanager
    def _gated(self) -> Iterator[None]:
        self._by_thread.clear()
        self._client.meta.events.register(_EVENT, self._pause)
        try:
            yield
        finally:
            self._client.meta.events.unregister(_EVENT, self._pause)
