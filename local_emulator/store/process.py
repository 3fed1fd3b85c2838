"""The store's process, as the emulator holds it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path

from local_emulator.services import credentials

_START_SECONDS = 30.0


class StoreError(Exception):
    """The store did not start."""


class StoreProcess:
    """Started on a free port of the loopback interface; its data lives as long as it does."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
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

    async def stop(self) -> None:
        """Ends it at once: what it holds is in its memory, and gone with it."""
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
