"""The WebSocket half: one socket for all jobs that are followed, and another when it breaks or grows old."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable
from urllib.parse import urlencode

from bookstrack.backoff import Backoff
from bookstrack.close_codes import Action
from bookstrack.connection import LOST, Connection, Loss, loss_of
from bookstrack.frames import (
    Frame,
    GoingAway,
    Problem,
    ReadyAck,
    ack_frame,
    ping_frame,
    ready_frame,
    subscribe_frame,
    unsubscribe_frame,
)
from bookstrack.types import JSON, Update

logger = logging.getLogger("bookstrack")

ACK_EVERY_SECONDS = 15.0
"""Progress is acknowledged no more often; the end at once."""
PARTING_SECONDS = 1.0
"""Before `unsubscribe`: API Gateway has the frames of one client handled side by side, and the last `ack` counts only
while the job is watched."""

_REMEMBERED = 64
"""States of a job: those of many seconds, where two connections overlap for less than one."""

Tell = Callable[[Update], None]


class Watch:
    """A job on the socket."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        self.listening = asyncio.Event()
        """Set while the server has acknowledged that we listen."""
        self.unserved = asyncio.Event()
        """Set while the socket will not do for this job: the record can be asked at once."""
        self.down_since = time.monotonic()
        """On the monotonic clock; of no meaning while `listening`."""
        self.news_at = self.down_since
        """When its state last came."""
        self.latest: Update | None = None
        self.recent: deque[tuple[int, str]] = deque(maxlen=_REMEMBERED)
        """Which states came last: two connections may show the same ones."""
        self.tells: list[Tell] = []
        self.holder: Connection | None = None
        """The connection that shows it."""
        self.acknowledged_at = time.monotonic()

    @property
    def after(self) -> int | None:
        """The newest `seq` that is known."""
        return self.latest.seq if self.latest is not None else None

    def held(self, holder: Connection) -> None:
        """The server shows it on this connection from now on."""
        self.holder = holder
        self.listening.set()
        self.unserved.clear()

    def lost(self) -> None:
        """Nobody shows it."""
        self.holder = None
        self.listening.clear()
        self.down_since = time.monotonic()


class WebSocketProgressManager:
    """Follows any number of jobs over one WebSocket, which is opened with the first and closed, a heartbeat later, with
    the last.

    Every state that comes is passed on once, an overtaken one after the newer; see `Timeline`.
    """

    def __init__(
        self,
        url: str,
        *,
        encoding: str = JSON,
        uniform: Callable[[float, float], float] = random.uniform,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`url` is the WebSocket API's, without a query: `ws://localhost:3000/ws/progress`."""
        self._url = url
        self._encoding = encoding
        self._backoff = Backoff(uniform)
        self._clock = clock
        self._watches: dict[str, Watch] = {}
        self._readers: dict[Connection, asyncio.Task[Loss]] = {}
        """All connections that are open: the current one and, for a while, those that it takes over from."""
        self._current: Connection | None = None
        self._opened = 0
        self._keeper: asyncio.Task[None] | None = None
        self._farewells: set[asyncio.Task[None]] = set()

    def follow(self, job_id: str, tell: Tell) -> Watch:
        """Gives every state of a job to `tell`, the newest that is known first. Comes from within a running loop."""
        watch = self._watches.get(job_id)
        if watch is None:
            watch = self._watches[job_id] = Watch(job_id)
            if self._current is not None:
                self._ask_for(self._current, watch)
        elif watch.latest is not None:
            tell(watch.latest)
        watch.tells.append(tell)
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.create_task(self._keep_connected())
        return watch

    def unfollow(self, watch: Watch, tell: Tell) -> None:
        """The opposite; a job that has ended is not followed any more."""
        if tell in watch.tells:
            watch.tells.remove(tell)
        if not watch.tells:
            self._part(watch)

    async def close(self) -> None:
        """Lets go of all jobs, and closes what is open."""
        self._watches.clear()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await asyncio.gather(*(connection.close() for connection in self._readers))
        await asyncio.gather(*self._readers.values(), *self._farewells, return_exceptions=True)

    async def _keep_connected(self) -> None:
        """Opens one connection after the other, as long as there is something to follow."""
        while self._watches:
            loss = await self._connected()
            others = bool(self._readers)
            if loss.action is Action.POLL and not others:
                for watch in self._watches.values():
                    watch.unserved.set()
                return
            if self._watches:
                delay = self._backoff.next_delay(soon=loss.action is Action.RECONNECT_SOON)
                await asyncio.sleep(loss.wait + delay)

    async def _connected(self) -> Loss:
        """Opens a connection and follows everything there; returns when it was lost, or when the server means to
        close it: it is heard until the next one has taken over."""
        self._opened += 1
        job_id = next(iter(self._watches))
        url = f"{self._url}?{urlencode({'jobId': job_id})}"
        try:
            connection = await Connection.open(url, self._opened, job_id)
        except LOST as error:
            logger.debug("no socket: %s", error)
            self._backoff.connection_ended(0)
            return loss_of(error)
        reader = self._readers[connection] = asyncio.create_task(self._read(connection))
        self._current = connection
        for watch in self._watches.values():
            self._ask_for(connection, watch)
        leaving = asyncio.create_task(connection.leaving.wait())
        try:
            await asyncio.wait({reader, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
        self._backoff.connection_ended(connection.useful_seconds)
        return reader.result() if reader.done() else Loss(Action.RECONNECT_SOON)

    async def _read(self, connection: Connection) -> Loss:
        try:
            await connection.run(
                lambda frame: self._hear(connection, frame), lambda: self._heartbeat(connection)
            )
        except LOST as error:
            logger.debug("the socket ended: %s", error)
            return loss_of(error)
        finally:
            del self._readers[connection]
            if self._current is connection:
                self._current = None
            for watch in self._watches.values():
                if watch.holder is connection:
                    watch.lost()
        raise AssertionError("a connection ends with an error")

    def _hear(self, connection: Connection, frame: Frame) -> None:
        match frame:
            case Update():
                self._news(connection, frame)
            case ReadyAck(job_id=job_id):
                watch = self._watches.get(job_id or connection.job_id)
                if watch is not None:
                    self._shown_on(connection, watch)
            case GoingAway():
                connection.leaving.set()
            case Problem(status=status, detail=detail):
                self._refused(connection, status, detail)
            case _:
                pass

    def _news(self, connection: Connection, update: Update) -> None:
        watch = self._watches.get(update.job_id)
        # A server without acknowledgements shows by its first state that it knows us.
        if watch is None or not self._shown_on(connection, watch):
            return
        watch.news_at = time.monotonic()
        if (update.seq, update.status) in watch.recent:
            return
        watch.recent.append((update.seq, update.status))
        if watch.latest is None or update.seq >= watch.latest.seq:
            watch.latest = update
        now = watch.news_at
        if update.terminal or now - watch.acknowledged_at >= ACK_EVERY_SECONDS:
            watch.acknowledged_at = now
            connection.send(ack_frame(update.job_id, update.seq))
        for tell in tuple(watch.tells):
            tell(update)
        if update.terminal:
            self._part(watch)

    def _shown_on(self, connection: Connection, watch: Watch) -> bool:
        """Notes who shows the job; False where a newer connection does already, which says the same."""
        if watch.holder is None or watch.holder.number < connection.number:
            watch.held(connection)
            self._close_replaced()
        return watch.holder is connection

    def _refused(self, connection: Connection, status: int, detail: str) -> None:
        logger.warning("the server has a problem with a frame of ours: %s", detail)
        held = any(watch.holder is connection for watch in self._watches.values())
        if status:
            # The problem does not say which job it is about: those that are not shown do without the socket, until
            # they are asked for again with the next heartbeat.
            for watch in self._watches.values():
                if watch.holder is None:
                    watch.unserved.set()
        elif not held:
            raise ConnectionError(f"the server did not take our ready: {detail}")

    def _heartbeat(self, connection: Connection) -> None:
        if connection is self._current:
            if not self._watches:
                self._current = None
                self._say_goodbye(connection)
                return
            for watch in self._watches.values():
                if watch.holder is not connection:
                    self._ask_for(connection, watch)
        connection.send(ping_frame(self._now_ms()))

    def _ask_for(self, connection: Connection, watch: Watch) -> None:
        if watch.job_id == connection.job_id:
            frame = ready_frame(
                watch.job_id, timestamp=self._now_ms(), after=watch.after, encoding=self._encoding
            )
        else:
            frame = subscribe_frame(watch.job_id, after=watch.after, encoding=self._encoding)
        connection.send(frame)

    def _part(self, watch: Watch) -> None:
        if self._watches.get(watch.job_id) is not watch:
            return
        del self._watches[watch.job_id]
        self._close_replaced()
        connection = watch.holder or self._current
        if connection is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(PARTING_SECONDS, self._unsubscribe, connection, watch.job_id)

    def _unsubscribe(self, connection: Connection, job_id: str) -> None:
        if job_id not in self._watches:
            connection.send(unsubscribe_frame(job_id))

    def _close_replaced(self) -> None:
        """Closes the connections that show nothing any more, once the current one shows everything."""
        if self._current is None or any(w.holder is not self._current for w in self._watches.values()):
            return
        for connection in self._readers:
            if connection is not self._current:
                self._say_goodbye(connection)

    def _say_goodbye(self, connection: Connection) -> None:
        farewell = asyncio.create_task(connection.close())
        self._farewells.add(farewell)
        farewell.add_done_callback(self._farewells.discard)

    def _now_ms(self) -> int:
        return round(self._clock() * 1000)
