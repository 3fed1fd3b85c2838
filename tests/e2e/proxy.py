"""A TCP proxy that cuts its connections or lets them go dead: the network between a client and the system."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class CuttingProxy:
    """Forwards bytes to `port`; `cut_all` drops every open connection without a farewell, and `swallow_all` leaves
    them open and forwards nothing more on them, as a network does that has lost its way."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writers: set[asyncio.StreamWriter] = set()
        self._swallowed: set[asyncio.StreamWriter] = set()
        self.url = ""
        self.cuts = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self._port)
        pair = {writer, upstream_writer}
        self._writers |= pair
        try:
            await asyncio.gather(self._pump(reader, upstream_writer), self._pump(upstream_reader, writer))
        finally:
            self._writers -= pair
            self._swallowed -= pair
            for each in pair:
                each.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                if writer not in self._swallowed:
                    writer.write(data)
                    await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def cut_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self.cuts += 1

    def swallow_all(self) -> None:
        self._swallowed |= self._writers

    async def cut_at_random(self, seed: int, *, longest: float) -> None:
        dice = random.Random(seed)
        while True:
            await asyncio.sleep(dice.uniform(0.05, longest))
            self.cut_all()


@asynccontextmanager
async def cutting_proxy(port: int) -> AsyncIterator[CuttingProxy]:
    proxy = CuttingProxy(port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        proxy.cut_all()
        server.close()
        await server.wait_closed()
