"""Posting frames to connections: one dead or slow connection costs one failed post and holds up nobody."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from progress.clock import Clock, now_ms
from progress.connections import Connection, Connections
from progress.log import logger

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

_THREADS = 16
_YOUNG_MS = 5_000
"""A post to a connection whose $connect has not returned is answered 410 too, so a young one is not given up."""
_ATTEMPTS = 5
"""For frames that must arrive."""
_BACKOFF_SECONDS = 0.1


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
        management: Callable[[str], ApiGatewayManagementApiClient],
        *,
        clock: Clock = now_ms,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connections = connections
        self._management = management
        self._clock = clock
        self._sleep = sleep

    def push(self, frames: Sequence[bytes], to: Sequence[Connection], *, must_arrive: bool) -> Delivery:
        """Sends `frames`, in order, to each connection.

        A frame that need not arrive is dropped where the connection is slow (429): the next one says more. Others
        are tried again with jitter. A connection that is gone is forgotten, judged by HTTP status 410 and not by
        the error's name, which depends on a header that is not always there.
        """
        if not frames or not to:
            return Delivery()
        attempts = _ATTEMPTS if must_arrive else 1

        def deliver(connection: Connection) -> _Answer:
            answer = _Answer.SENT
            for frame in frames:
                answer = self._post(connection, frame, attempts)
                if answer is not _Answer.SENT:
                    break
            return answer

        if len(to) == 1:
            answers = [deliver(to[0])]
        else:
            with ThreadPoolExecutor(min(_THREADS, len(to))) as pool:
                answers = list(pool.map(deliver, to))
        gone = [
            connection.connection_id
            for connection, answer in zip(to, answers, strict=True)
            if answer is _Answer.GONE and not self._young(connection)
        ]
        self._connections.remove(gone)
        sent = answers.count(_Answer.SENT)
        return Delivery(sent=sent, gone=len(gone), dropped=len(to) - sent - len(gone))

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
            self._management(connection.endpoint).post_to_connection(
                ConnectionId=connection.connection_id, Data=frame
            )
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == 410:
                return _Answer.GONE
            logger.warning(
                "Post refused",
                extra={"connectionId": connection.connection_id, "httpStatus": status},
                exc_info=True,
            )
            return _Answer.BUSY if status == 429 or status >= 500 else _Answer.REFUSED
        except BotoCoreError:
            logger.warning("Post failed", extra={"connectionId": connection.connection_id}, exc_info=True)
            return _Answer.BUSY
        return _Answer.SENT

    def _young(self, connection: Connection) -> bool:
        return self._clock() - connection.connected_at < _YOUNG_MS
