"""What each command does. It reads what it is given first; what it returns then talks to the server."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from bookstrack.cli.display import Display, JsonDisplay, LiveDisplay, PlainDisplay, result_as_json
from bookstrack.cli.inputs import check_output, read_csv, read_ids, read_photo, save
from bookstrack.client import Client
from bookstrack.errors import InputError
from bookstrack.job import Job, ScanJob
from bookstrack.types import JobResult, ScanResult

COMPLETED, NOT_COMPLETED = 0, 1

Talk = Callable[[Client], Awaitable[int]]
"""Returns an exit status."""

_Start = Callable[[Client], Awaitable[Job | ScanJob]]
_Result = JobResult | ScanResult


def enrich(options: argparse.Namespace) -> Talk:
    ids = read_ids(options.ids, options.file)
    return _following(lambda client: client.enrich(ids), options)


def import_csv(options: argparse.Namespace) -> Talk:
    csv = read_csv(options.file)
    return _following(lambda client: client.import_csv(csv), options)


def scan(options: argparse.Namespace) -> Talk:
    photo = read_photo(options.photo)
    draw = _drawing(photo, options.annotate) if options.annotate else None
    return _following(lambda client: client.scan(photo), options, then=draw)


def watch(options: argparse.Namespace) -> Talk:
    return _following(lambda client: client.watch(options.job_id), options)


def cancel(options: argparse.Namespace) -> Talk:
    async def talk(client: Client) -> int:
        update = await client.cancel(options.job_id)
        if options.json:
            sys.stdout.write(
                json.dumps({"event": "cancelled", "job_id": update.job_id, "status": update.status}) + "\n"
            )
        else:
            Console().print(
                f"Job {update.job_id} is {update.status}: {update.processed} of {update.total} works were done"
            )
        return COMPLETED

    return talk


def _following(
    start: _Start, options: argparse.Namespace, *, then: Callable[[_Result], None] | None = None
) -> Talk:
    """Starts a job, shows it to its end, and keeps what came of it."""
    if options.output:
        check_output(options.output)

    async def talk(client: Client) -> int:
        with _display(options) as display:
            job = await start(client)
            options.started_job = job.job_id
            display.started(job.started)
            async for update in job:
                display.update(update)
            result = await job.result()
            display.result(result)
        if options.output:
            save(options.output, await _content(job, result, options.output))
        if then:
            then(result)
        return COMPLETED if result.status == "completed" else NOT_COMPLETED

    return talk


async def _content(job: Job | ScanJob, result: _Result, path: Path) -> bytes:
    if path.suffix.lower() == ".csv":
        return await job.csv()
    text = json.dumps(result_as_json(result), ensure_ascii=False, indent=2) + "\n"
    # JSON may hold halves of characters, which no file can.
    return text.encode("utf-8", "replace")


def _display(options: argparse.Namespace) -> Display:
    if options.json:
        return JsonDisplay(sys.stdout)
    console = Console()
    kind = LiveDisplay if console.is_terminal else PlainDisplay
    return kind(console, show_all=options.all)


def _drawing(photo: bytes, path: Path) -> Callable[[_Result], None]:
    try:
        # Pillow is an extra: whoever does not draw needs none.
        from bookstrack.annotate import FORMATS, annotate, encoded, upright
    except ImportError as error:
        raise InputError(
            "drawing on photos needs Pillow: pip install 'bookstrack-progress[annotate]'"
        ) from error
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path}: a file that ends with {', '.join(FORMATS)} is wanted")
    check_output(path)
    image = upright(photo)

    def draw(result: _Result) -> None:
        if isinstance(result, ScanResult):
            save(path, encoded(annotate(image, result), FORMATS[path.suffix.lower()]))

    return draw
