"""The command line: `bookstrack`."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Sequence

from rich.console import Console

from bookstrack.cli.commands import COMPLETED, Talk
from bookstrack.cli.parser import parser
from bookstrack.cli.tables import one_line, rejected_rows
from bookstrack.client import connect
from bookstrack.errors import BooksTrackError, ProblemError, UnreachableError
from bookstrack.results import parse_rejected

_USAGE, _UNREACHABLE, _INTERRUPTED = 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit status."""
    options = parser().parse_args(arguments)
    try:
        # Before there is a loop: a read from a terminal is interrupted as ever.
        talk: Talk = options.command(options)
        return asyncio.run(_run(talk, options))
    except BooksTrackError as error:
        _tell(error, options)
        return _UNREACHABLE if isinstance(error, UnreachableError) else _USAGE
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has enough; Python would complain once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COMPLETED


async def _run(talk: Talk, options: argparse.Namespace) -> int:
    async with connect(options.url, socket_url=options.ws_url) as client:
        return await _until_interrupted(talk(client), options)


async def _until_interrupted(work: Awaitable[int], options: argparse.Namespace) -> int:
    """Ctrl-C ends the watching, not the job."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        job_id = getattr(options, "started_job", None)
        if job_id:
            hint = f"The job goes on. To watch it again: bookstrack --url {options.url} watch {job_id}"
            Console(stderr=True, soft_wrap=True).print(f"\n{hint}", markup=False, highlight=False)
        return _INTERRUPTED


def _tell(error: BooksTrackError, options: argparse.Namespace) -> None:
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    errors.print(f"error: {one_line(str(error))}", markup=False)
    if isinstance(error, UnreachableError):
        errors.print(
            "Is the system running? `make emulator` starts it; --url names another address.", markup=False
        )
    if isinstance(error, ProblemError):
        show_all = getattr(options, "all", False)
        for line in rejected_rows(parse_rejected(error.extra.get("rejectedRows")), show_all=show_all):
            errors.print(line)


if __name__ == "__main__":
    sys.exit(main())
