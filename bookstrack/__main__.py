"""The command line: `bookstrack`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from rich.console import Console

from bookstrack.client import Client, Job, connect
from bookstrack.display import Display, JsonDisplay, LiveDisplay, PlainDisplay, result_as_json
from bookstrack.errors import BooksTrackError, UnreachableError
from bookstrack.inputs import InputError, read_ids

_DEFAULT_URL = "http://localhost:3000"
_COMPLETED, _NOT_COMPLETED, _USAGE, _UNREACHABLE, _INTERRUPTED = 0, 1, 2, 3, 130

_EXAMPLES = """\
examples:
  bookstrack enrich 9780439023481 OL7000002W       two books, by ISBN and by Open Library id
  bookstrack enrich --file ids.txt --all           one id on each line; every row of the results
  cat ids.txt | bookstrack enrich --file - --json  for scripts: one JSON object a line
  bookstrack watch 550e8400-e29b-41d4-a716-446655440000
  bookstrack --url https://d111.cloudfront.net enrich 9780439023481

exit status: 0 completed, 1 failed or cancelled, 2 wrong usage or refused, 3 the server does not answer,
130 interrupted (the job goes on)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit status."""
    options = _parser().parse_args(arguments)
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        return asyncio.run(_run(options))
    except UnreachableError as error:
        errors.print(f"error: {error}", markup=False)
        errors.print(
            "Is the system running? `make emulator` starts it; --url names another address.", markup=False
        )
        return _UNREACHABLE
    except (BooksTrackError, InputError) as error:
        errors.print(f"error: {error}", markup=False)
        return _USAGE
    except BrokenPipeError:
        # Whoever read us has enough; Python would complain once more while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _COMPLETED


async def _run(options: argparse.Namespace) -> int:
    command: Callable[[Client, argparse.Namespace], Awaitable[int]] = options.command
    async with connect(options.url, socket_url=options.ws_url) as client:
        return await _until_interrupted(command(client, options), options)


async def _enrich(client: Client, options: argparse.Namespace) -> int:
    ids = read_ids(options.ids, options.file)
    with _display(options) as display:
        job = await client.enrich(ids)
        return await _follow(job, display, options, total=len(ids))


async def _watch(client: Client, options: argparse.Namespace) -> int:
    with _display(options) as display:
        job = await client.watch(options.job_id)
        return await _follow(job, display, options, total=0)


async def _cancel(client: Client, options: argparse.Namespace) -> int:
    update = await client.cancel(options.job_id)
    if options.json:
        sys.stdout.write(
            json.dumps({"event": "cancelled", "job_id": update.job_id, "status": update.status}) + "\n"
        )
    else:
        Console().print(
            f"Job {update.job_id} is {update.status}: {update.processed} of {update.total} works were done"
        )
    return _COMPLETED


async def _follow(job: Job, display: Display, options: argparse.Namespace, *, total: int) -> int:
    options.started_job = job.job_id
    display.started(job.job_id, total)
    async for update in job:
        display.update(update)
    result = await job.result()
    display.result(result)
    if options.output:
        _save(options.output, json.dumps(result_as_json(result), ensure_ascii=False, indent=2))
    return _COMPLETED if result.status == "completed" else _NOT_COMPLETED


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


def _display(options: argparse.Namespace) -> Display:
    if options.json:
        return JsonDisplay(sys.stdout)
    console = Console()
    kind = LiveDisplay if console.is_terminal else PlainDisplay
    return kind(console, show_all=options.all)


def _save(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bookstrack",
        description="Start long jobs over books and watch them in real time.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--url",
        default=os.environ.get("BOOKSTRACK_URL", _DEFAULT_URL),
        help=f"address of the system (default: BOOKSTRACK_URL, or {_DEFAULT_URL})",
    )
    parser.add_argument(
        "--ws-url",
        default=os.environ.get("BOOKSTRACK_WS_URL"),
        help="address of its WebSocket API, where that is another (BOOKSTRACK_WS_URL)",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    shown = argparse.ArgumentParser(add_help=False)
    shown.add_argument(
        "--json", action="store_true", help="one JSON object a line on standard output, nothing else"
    )
    shown.add_argument("--all", action="store_true", help="show every row of the results")
    shown.add_argument("--output", type=Path, metavar="FILE", help="write the results to FILE as JSON")

    enrich = commands.add_parser("enrich", parents=[shown], help="look books up and show what was found")
    enrich.add_argument("ids", nargs="*", metavar="ID", help="Open Library work id, ISBN-10 or ISBN-13")
    enrich.add_argument(
        "--file", metavar="FILE", help="one id on each line, # begins a comment; - is standard input"
    )
    enrich.set_defaults(command=_enrich)

    watch = commands.add_parser("watch", parents=[shown], help="follow a job that was started before")
    watch.add_argument("job_id", metavar="JOBID")
    watch.set_defaults(command=_watch)

    cancel = commands.add_parser("cancel", help="end a job")
    cancel.add_argument("job_id", metavar="JOBID")
    cancel.add_argument("--json", action="store_true", help="one JSON object on standard output")
    cancel.set_defaults(command=_cancel)
    return parser


if __name__ == "__main__":
    sys.exit(main())
