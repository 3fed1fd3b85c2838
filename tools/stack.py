"""The whole system on one machine: the catalogue in place of the metadata providers, and the emulator.

    python -m tools.stack --port 3000

Both are processes of their own; they stop with this one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
_START_SECONDS = 60
_STOP_SECONDS = 10


class StackError(Exception):
    """A part did not start; the text says which, and what it printed."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The running system."""

    url: str
    """Base URL of the HTTP API; the WebSocket API is at /ws/progress of the same host."""
    catalogue_url: str
    emulator: Mapping[str, Any]
    """What the emulator says of itself: port, pid, store_url, outputs…"""


@contextlib.contextmanager
def running(
    *,
    port: int = 0,
    parameters: Mapping[str, str] | None = None,
    catalogue_options: Sequence[str] = (),
    emulator_options: Sequence[str] = (),
    log: IO[Any] | None = None,
) -> Iterator[Stack]:
    """Starts catalogue and emulator (ports 0: free ones) and stops them in the end.

    `parameters` are the template's; `log` takes what the two print, instead of this process's own output.

    Raises:
        StackError: one of them did not start.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stack-")))
        catalogue = stack.enter_context(
            _process("catalogue", ["--port", "0", *catalogue_options], folder, log)
        )
        overrides = {
            "OpenLibraryUrl": catalogue["openLibraryUrl"],
            "GoogleBooksUrl": catalogue["googleBooksUrl"],
            # Photos are read here, and no more of them at once than a laptop has memory for.
            "SpineReader": "ocr",
            "ScanConcurrency": "2",
            **(parameters or {}),
        }
        options = ["--port", str(port), *emulator_options, "--parameter-overrides"]
        options += [f"{name}={value}" for name, value in overrides.items()]
        emulator = stack.enter_context(_process("local_emulator", options, folder, log))
        yield Stack(url=emulator["url"], catalogue_url=catalogue["url"], emulator=emulator)


@contextlib.contextmanager
def _process(
    module: str, options: Sequence[str], folder: Path, log: IO[Any] | None
) -> Iterator[dict[str, Any]]:
    ready = folder / f"{module}.json"
    # A session of its own: Ctrl-C reaches this process alone, which stops the others in their order.
    process = subprocess.Popen(
        [sys.executable, "-m", module, *options, "--ready-file", str(ready)],
        cwd=ROOT,
        stdout=log,
        stderr=subprocess.STDOUT if log else None,
        start_new_session=True,
    )
    try:
        yield _wait_for(ready, process, module)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(ready: Path, process: subprocess.Popen[bytes], module: str) -> dict[str, Any]:
    deadline = time.monotonic() + _START_SECONDS
    while not ready.exists():
        if process.poll() is not None:
            raise StackError(f"{module} ended with status {process.returncode} before it was ready")
        if time.monotonic() > deadline:
            raise StackError(f"{module} was not ready after {_START_SECONDS} s")
        time.sleep(0.02)
    told: dict[str, Any] = json.loads(ready.read_text())
    return told


def main() -> int:
    """Runs the system until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.stack", description="Run the whole system on this machine."
    )
    parser.add_argument(
        "--port", type=int, default=3000, help="port of the emulator (default 3000; 0: a free one)"
    )
    arguments = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with running(port=arguments.port) as stack:
            print(_WELCOME.format(url=stack.url, ws=stack.url.replace("http", "ws", 1)), flush=True)
            stop.wait()
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


_WELCOME = """
The whole system is running; Ctrl-C stops it.

  HTTP        {url}/api/enrichment/start
  WebSocket   {ws}/ws/progress?jobId=…

Try, in another terminal:

  .venv/bin/bookstrack --url {url} enrich 9780439023481 9780439554930
  .venv/bin/bookstrack --url {url} import library.csv
  .venv/bin/bookstrack --url {url} scan tests/data/photos/cj_example.jpg
"""

if __name__ == "__main__":
    sys.exit(main())
