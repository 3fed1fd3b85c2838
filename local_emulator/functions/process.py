"""One runtime process: its start, its output line by line, and its certain end."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local_emulator import descriptors

_READ_BYTES = 64 * 1024
_LINE_BYTES = 256 * 1024
"""A longer line is cut here: a function that never ends its line must not fill the emulator's memory."""
_TERM_SECONDS = 1.0
_STATUS_BYTES = 8192
_STATUS_SECONDS = 0.01
"""For so long what the system told of a process is taken to hold: asking takes longer than a small invocation's log."""

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _prepare() -> None:
    """Runs in the child before the runtime: the kernel kills it when the emulator is gone, however that went, and it
    may open as many files as on Lambda, where the emulator itself takes what the system gives.

    Elsewhere than on Linux the runtime notices at its next call, whose connection is closed.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    descriptors.allow(descriptors.FUNCTION)


def _open_status(pid: int) -> int | None:
    """Kept open, since it is read for every invocation."""
    try:
        return os.open(f"/proc/{pid}/status", os.O_RDONLY)
    except OSError:
        return None


def _peak_memory_mb(status: int) -> int | None:
    try:
        text = os.pread(status, _STATUS_BYTES, 0)
    except OSError:
        return None
    _, found, rest = text.partition(b"VmHWM:")
    return math.ceil(int(rest.split(maxsplit=1)[0]) / 1024) if found else None


class RuntimeProcess:
    """A child process in a session of its own, so that a terminal's Ctrl-C reaches the emulator alone."""

    def __init__(
        self, process: asyncio.subprocess.Process, output: int, on_line: Callable[[str], None]
    ) -> None:
        self._process = process
        self._output = output
        self._on_line = on_line
        self._partial = b""
        self._open = True
        self._status = _open_status(process.pid)
        self._peak_mb: int | None = None
        self._peak_read = 0.0
        asyncio.get_running_loop().add_reader(output, self._read)

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        *,
        cwd: Path,
        variables: Mapping[str, str],
        on_line: Callable[[str], None],
    ) -> RuntimeProcess:
        """Starts `command` with exactly `variables`; `on_line` gets each line of stdout and stderr, in order.

        Raises:
            OSError: it cannot be started.
        """
        output, into = os.pipe()
        os.set_blocking(output, False)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=cwd,
                env=dict(variables),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=into,
                stderr=into,
                start_new_session=True,
                preexec_fn=_prepare,
            )
        except BaseException:
            os.close(output)
            raise
        finally:
            os.close(into)
        return cls(process, output, on_line)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def peak_memory_mb(self) -> int | None:
        """The most memory that it has held until some milliseconds ago, in MB; None where the system does not tell."""
        now = time.monotonic()
        if self._status is not None and now - self._peak_read > _STATUS_SECONDS:
            self._peak_read = now
            self._peak_mb = _peak_memory_mb(self._status)
        return self._peak_mb

    async def wait(self) -> int:
        """Waits until it has ended and gives its exit status, negative for a signal."""
        return await self._process.wait()

    def drain(self) -> None:
        """Passes on what has been written so far, so that the platform's next line comes after it."""
        while self._open and self._read():
            pass

    def kill(self) -> None:
        """Ends it and its children at once."""
        self._signal(signal.SIGKILL)

    async def stop(self) -> None:
        """Asks it to end, then insists; returns when it is gone and its output read."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_TERM_SECONDS):
                await self.wait()
        except TimeoutError:
            self.kill()
            await self.wait()
        # Those of its children that took no notice: they are in its group as long as they live.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """Stops reading; what is left of the output is passed on first, a line without an end included."""
        self.drain()
        if self._open:
            self._open = False
            asyncio.get_running_loop().remove_reader(self._output)
            os.close(self._output)
            if self._status is not None:
                os.close(self._status)
                self._status = self._peak_mb = None
        if self._partial:
            self._emit(self._partial)
            self._partial = b""

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _read(self) -> bool:
        try:
            data = os.read(self._output, _READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            asyncio.get_running_loop().remove_reader(self._output)
            return False
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            self._emit(line)
        while len(self._partial) > _LINE_BYTES:
            self._emit(self._partial[:_LINE_BYTES])
            self._partial = self._partial[_LINE_BYTES:]
        return True

    def _emit(self, line: bytes) -> None:
        # The runtime separates the lines of a traceback by carriage returns, so that they stay one log event.
        for part in line.decode("utf-8", "replace").rstrip("\r").split("\r"):
            self._on_line(part)
