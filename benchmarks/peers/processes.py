"""A program and whatever it starts: how much memory they hold, when they are at rest, and their certain end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

_STOP_SECONDS = 8.0
_REST_SECONDS = 20.0
_REST_WINDOW = 0.25
_MOST_PROCESSES = 400
_REST_SHARE = 0.05
"""At rest is who takes less than this share of one processor."""


class Program:
    """A process in a session of its own, its output in a file."""

    def __init__(
        self, command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str], output: Path
    ) -> None:
        self.output = output
        with output.open("wb") as into:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=into,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._root = psutil.Process(self._process.pid)
        self._seen: set[psutil.Process] = set()

    def check(self) -> None:
        """Raises RuntimeError, with what it last said, where it has ended."""
        if self._process.poll() is not None:
            said = self.output.read_text(errors="replace")[-800:].strip()
            raise RuntimeError(f"ended with {self._process.returncode}: {said}")

    def tree(self) -> list[psutil.Process]:
        """The program and every process below it. Raises RuntimeError where they are hundreds."""
        with contextlib.suppress(psutil.NoSuchProcess):
            tree = [self._root, *self._root.children(recursive=True)]
            self._seen.update(tree)
            if len(tree) > _MOST_PROCESSES:
                raise RuntimeError(
                    f"it has started {len(tree)} processes, more than a machine should be asked to bear"
                )
            return tree
        return []

    def memory_mb(self) -> float:
        """Of the whole tree. Where the system tells, a page that several share counts once (Linux's PSS)."""
        return sum(_memory_mb(process) for process in self.tree())

    def own_memory_mb(self) -> float:
        """Of the program alone, without its children."""
        return _memory_mb(self._root)

    def memory_of_mb(self, module: str) -> float:
        """Of those in the tree whose command line names a Python module."""
        return sum(_memory_mb(process) for process in self.tree() if module in _command(process))

    def rest(self) -> None:
        """Returns when nothing works any more, or after 20 s."""
        deadline = time.monotonic() + _REST_SECONDS
        while time.monotonic() < deadline:
            before = sum(_cpu_times(self.tree()))
            time.sleep(_REST_WINDOW)
            if sum(_cpu_times(self.tree())) - before <= _REST_SHARE * _REST_WINDOW:
                return

    def stop(self) -> int:
        """Asks it to end, then ends it and all that it has started. How many processes it had left behind."""
        with contextlib.suppress(RuntimeError):
            self.tree()
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()
        left = [process for process in self._seen if process != self._root and process.is_running()]
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        # Children of theirs that were born since: all are in the program's session, unless they made one themselves.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        psutil.wait_procs(left, timeout=_STOP_SECONDS)
        return len(left)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)


def _memory_mb(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        full = process.memory_full_info()
        return float(getattr(full, "pss", full.rss)) / 1e6
    return 0.0


def _command(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []


def _cpu_times(processes: Sequence[psutil.Process]) -> Iterator[float]:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            yield times.user + times.system
