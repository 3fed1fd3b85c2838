"""`python -m local_emulator.store`: serves until its standard input is closed, so that it never outlives its parent.

It writes lines of JSON to standard output: `{"port": …}` once it listens, and then its news (see `server/news`).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import Any

from local_emulator import http1
from local_emulator.eventloop import run
from local_emulator.http1 import Request, Response
from local_emulator.store.paths import FAULTS, QUEUES
from local_emulator.store.server import backend, peeking, tuning
from local_emulator.store.server.faulty import TableFaults
from local_emulator.store.server.long_polling import LongPolling
from local_emulator.store.server.news import News
from local_emulator.store.server.record import Record
from local_emulator.store.server.s3.keyring import Keyring
from local_emulator.store.server.s3.service import S3

MAX_BODY_BYTES = 128 * 1024 * 1024
"""What one request may hold; S3 itself takes 5 GB, SDKs send more than some megabytes in parts."""


async def _serve() -> None:
    sqs = LongPolling(backend.answer)
    s3 = S3(backend.answer, Keyring.of(os.environ))
    news = News(_write, sqs.wake)
    faults = TableFaults()

    async def answer(request: Request) -> Response:
        if request.path.startswith(FAULTS):
            return faults.control(request)
        if request.path.startswith(QUEUES):
            return peeking.peek(request)
        refusal = await faults.strike(request)
        if refusal is not None:
            return refusal
        service = backend.scope(request)[1]
        news.watch(service)
        match service:
            case "sqs":
                return await sqs(request)
            case "s3":
                return s3(request)
            case _:
                return backend.answer(request)

    server = await http1.serve(Record(answer), max_body_bytes=MAX_BODY_BYTES)
    _write({"port": server.sockets[0].getsockname()[1]})
    await _end_of_input()


def _write(line: Any) -> None:
    try:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The parent is gone already. So that the interpreter's own flush finds somewhere to go:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _end_of_input() -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            ended.set()

    loop.add_reader(sys.stdin, read)
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()


if __name__ == "__main__":
    # A terminal's Ctrl-C is for the parent, which then closes the input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tuning.tune()
    run(_serve())
