"""Posting frames to connections: one dead or slow connection costs one failed post and holds up nobody."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError

from progress.clock import Clock, now_ms
from progress.connections import Connection, Connections
from progress.log import logger

if TYPE_CHECKING:
    from progress.posting import ConnectionsApi

_THREADS = 16
_YOUNG_MS = 5_000
"""A post to a connection whose $connect has not returned is answered 410 too, so a young one is not given up."""
_ATTEMPTS = 4
"""For frames that must arrive."""
_PATIENCE_SECONDS = 0.25
"""So long a push waits for the slowest of many connections: no longer than from one frame to the next."""
_BACKOFF_SECONDS = 0.1


Mail = tuple[Connection, Sequence[bytes]]
"""A connection, and the frames that it is sent, in order."""


class _Answer(Enum):
    SENT = auto()
    GONE = auto()
    """410: closed, or never there."""
    BUSY = auto()
    """429, 5xx or no answer: may work in a moment."""
    REFUSED = auto()
    """Anything else: our own fault, and no better next time."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What became of one frame: how many connections in each case."""

    sent: int = 0
    gone: int = 0
    """Found dead and forgotten."""
    dropped: int = 0
    """Not sent, though the connection may live."""


class Pusher:
    """Posts to many connections at once, in a bounded pool."""

    def __init__(
        self,
        connections: Connections,
        management: Callable[[str], ConnectionsApi],
        *,
        clock: Clock = now_ms,
        sleep: Callable[[float], None] = time.sleep,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self._patience_seconds = patience_seconds
        self._connections = connections
        self._management = management
        self._clock = clock
        self._sleep = sleep
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="post")
        self._under_way: dict[str, Future[_Answer]] = {}

    def push(self, mail: Sequence[Mail], *, must_arrive: bool) -> Delivery:
        """Sends to each connection its frames, in order.

        Frames that need not arrive are dropped where the connection is slow: the next one says more. It is slow when it
        says so (429), and while an earlier post to it is still under way; nobody waits for that one. Frames that must
        arrive wait for it, and are tried again with jitter. A connection that is gone is forgotten.
        """
        if len(mail) == 1 and not self._is_under_way(mail[0][0]):
            connection, frames = mail[0]
            answers = {connection: self._deliver(connection, frames, must_arrive=must_arrive)}
        else:
            answers = self._deliver_all(mail, must_arrive=must_arrive)
        gone = [
            connection
            for connection, answer in answers.items()
            if answer is _Answer.GONE and not self._young(connection)
        ]
        for connection in gone:
            self._connections.remove(connection.connection_id, *filter(None, [connection.job_id]))
        sent = sum(answer is _Answer.SENT for answer in answers.values())
        return Delivery(sent=sent, gone=len(gone), dropped=len(mail) - sent - len(gone))

    def _deliver_all(self, mail: Sequence[Mail], *, must_arrive: bool) -> dict[Connection, _Answer]:
        """The answers that came in time."""
        posts: dict[Future[_Answer], Connection] = {}
        for connection, frames in mail:
            before = self._under_way.get(connection.connection_id)
            if self._is_under_way(connection) and not must_arrive:
                continue
            post = self._pool.submit(self._deliver_after, before, connection, frames, must_arrive=must_arrive)
            self._under_way[connection.connection_id] = post
            posts[post] = connection
        done, _ = wait(posts, timeout=None if must_arrive else self._patience_seconds)
        self._under_way = {name: post for name, post in self._under_way.items() if not post.done()}
        return {posts[post]: post.result() for post in done}

    def _is_under_way(self, connection: Connection) -> bool:
        post = self._under_way.get(connection.connection_id)
        return post is not None and not post.done()

    def _deliver_after(
        self,
        before: Future[_Answer] | None,
        connection: Connection,
        frames: Sequence[bytes],
        *,
        must_arrive: bool,
    ) -> _Answer:
        if before is not None:
            # It was given to the pool earlier, so it is at work, or done: this cannot wait for ever.
            wait([before])
        return self._deliver(connection, frames, must_arrive=must_arrive)

    def _deliver(self, connection: Connection, frames: Sequence[bytes], *, must_arrive: bool) -> _Answer:
        answer = _Answer.SENT
        for frame in frames:
            answer = self._post(connection, frame, _ATTEMPTS if must_arrive else 1)
            if answer is not _Answer.SENT:
                break
        return answer

    def _post(self, connection: Connection, frame: bytes, attempts: int) -> _Answer:
        answer = _Answer.BUSY
        for attempt in range(attempts):
            if attempt:
                self._sleep(random.uniform(0.5, 1.5) * _BACKOFF_SECONDS * 2 ** (attempt - 1))  # noqa: S311 jitter
            answer = self._post_once(connection, frame)
            retriable = answer is _Answer.BUSY or (answer is _Answer.GONE and self._young(connection))
            if not retriable:
                break
        return answer

    def _post_once(self, connection: Connection, frame: bytes) -> _Answer:
        try:
            status = self._management(connection.endpoint).post(connection.connection_id, frame)
        except BotoCoreError:
            logger.warning("Post failed", extra={"connectionId": connection.connection_id}, exc_info=True)
            return _Answer.BUSY
        if status == 200:
            return _Answer.SENT
        if status == 410:
            return _Answer.GONE
        logger.warning("Post refused", extra={"connectionId": connection.connection_id, "httpStatus": status})
        return _Answer.BUSY if status == 429 or status >= 500 else _Answer.REFUSED

    def _young(self, connection: Connection) -> bool:
        return self._clock() - connection.connected_at < _YOUNG_MS
