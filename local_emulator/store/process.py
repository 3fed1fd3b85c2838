"""The store's process, as the emulator holds it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_emulator.errors import EmulatorError
from local_emulator.services import credentials

logger = logging.getLogger(__name__)

_START_SECONDS = 30.0
_LINE_BYTES = 16 * 1024 * 1024


class StoreError(EmulatorError):
    """The store did not start."""


class StoreProcess:
    """Started on a free port of the loopback interface; its data lives as long as it does."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self._reader: asyncio.Task[None] | None = None
        self.url = f"http://127.0.0.1:{port}"

    @classmethod
    async def start(cls) -> StoreProcess:
        """Starts it and waits until it listens.

        Raises:
            StoreError: it ended instead, or took longer than 30 s.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "local_emulator.store",
            env=_environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE_BYTES,
            start_new_session=True,
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(_START_SECONDS):
                line = await process.stdout.readline()
            port = json.loads(line)["port"]
        except (TimeoutError, ValueError) as error:
            store = cls(process, 0)
            await store.stop()
            raise StoreError("the local store (moto) did not start; its own output says why") from error
        return cls(process, port)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def listen(self, hear: Callable[[dict[str, Any]], None]) -> None:
        """Passes the store's news on (see `server/news`), those that have come before first; once."""
        self._reader = asyncio.create_task(self._read(hear))

    async def _read(self, hear: Callable[[dict[str, Any]], None]) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            try:
                hear(json.loads(line))
            except Exception:
                logger.exception("news of the store could not be passed on")

    async def stop(self) -> None:
        """Ends it at once: what it holds is in its memory, and gone with it."""
        if self._reader is not None:
            self._reader.cancel()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


def _environment() -> dict[str, str]:
    """The host's, without anything of AWS's, which would lead moto elsewhere, and with this package importable.

    The credentials are those that functions sign with, so that the store can check what they have presigned.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [root, kept.get("PYTHONPATH")]))
    return {**kept, **credentials(os.environ), "PYTHONPATH": path}
