"""The one port: plain and TLS, told apart by the first byte that a client sends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import weakref

from local_emulator.address import Address
from local_emulator.http1 import Application, HttpProtocol, Upgrade

logger = logging.getLogger(__name__)

_TLS_HANDSHAKE = 0x16
"""The first byte of a TLS record that opens a handshake (RFC 8446, section 5.1)."""
_BACKLOG = 1024


class Port:
    """Listens, and gives each connection an HTTP protocol over the transport that it speaks."""

    def __init__(
        self, application: Application, upgrade: Upgrade, *, address: Address, tls: ssl.SSLContext | None
    ) -> None:
        self._application = application
        self._upgrade = upgrade
        self._address = address
        self._tls = tls
        self._accepting: list[asyncio.Task[None]] = []
        self._opening: set[asyncio.Task[None]] = set()
        # Weakly: a connection that has ended, or has become a WebSocket, is held by nobody else.
        self._protocols: weakref.WeakSet[HttpProtocol] = weakref.WeakSet()

    async def start(self) -> None:
        """Starts to listen."""
        for bound in self._address.sockets:
            bound.listen(_BACKLOG)
            self._accepting.append(asyncio.create_task(self._accept(bound)))

    async def stop(self) -> None:
        """Stops listening and drops what is still open."""
        for task in (*self._accepting, *self._opening):
            task.cancel()
        await asyncio.gather(*self._accepting, *self._opening, return_exceptions=True)
        self._address.close()
        for protocol in list(self._protocols):
            protocol.abort()
        # Aborted transports close in the loop's next round.
        await asyncio.sleep(0)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(listening)
            except OSError as error:
                # Out of file descriptors: those that are served may give some back.
                logger.error("cannot accept a connection: %s", error)
                await asyncio.sleep(0.1)
                continue
            task = asyncio.create_task(self._open(accepted))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        with contextlib.suppress(OSError):
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            first = await self._peek(accepted)
        except BaseException:
            accepted.close()
            raise
        if not first:
            accepted.close()
            return
        secure = self._tls if first[0] == _TLS_HANDSHAKE else None
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError, ssl.SSLError):
            await loop.connect_accepted_socket(self._protocol, accepted, ssl=secure)

    def _protocol(self) -> HttpProtocol:
        protocol = HttpProtocol(self._application, upgrade=self._upgrade)
        self._protocols.add(protocol)
        return protocol

    @staticmethod
    async def _peek(accepted: socket.socket) -> bytes:
        loop = asyncio.get_running_loop()
        readable: asyncio.Future[None] = loop.create_future()
        loop.add_reader(accepted, _settle, readable)
        try:
            await readable
        finally:
            loop.remove_reader(accepted)
        try:
            return accepted.recv(1, socket.MSG_PEEK)
        except OSError:
            return b""


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
