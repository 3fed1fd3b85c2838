"""The command line: `python -m catalogue`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from aiohttp import web

from catalogue.books import Catalogue
from catalogue.faults import Faults
from catalogue.server import GOOGLE_PREFIX, CatalogueServer

_EXAMPLES = """\
examples:
  python -m catalogue                                    both APIs on port 8081
  python -m catalogue --latency 0.2 --jitter 0.1         as slow as the real ones
  python -m catalogue --error-rate 0.05 --rate-limit 50  and as moody
  python -m catalogue --ids 100 --unknown 3 > ids.txt    work ids to look up, three of them nobody's
"""


def main() -> int:
    """Serves until SIGINT or SIGTERM, or prints ids."""
    options = _parser().parse_args()
    if options.ids is not None:
        sys.stdout.writelines(f"{work_id}\n" for work_id in ids(options.ids, options.unknown))
        return 0
    try:
        asyncio.run(_serve(options))
    except OSError as error:
        sys.stderr.write(
            f"error: port {options.port} cannot be used ({error.strerror}): take another with --port\n"
        )
        return 1
    return 0


def ids(count: int, unknown: int) -> Iterator[str]:
    """Ids of real books, by turns Open Library's, ISBN-13 and ISBN-10, then some that nobody knows."""
    books = Catalogue.load().books
    for position in range(count):
        book = books[position % len(books)]
        yield (book.work_id, book.isbn13, book.isbn10)[position % 3] or book.work_id
    for number in range(unknown):
        yield f"OL{99_000_000 + number}W"


async def _serve(options: argparse.Namespace) -> None:
    faults = Faults(
        latency=options.latency,
        jitter=options.jitter,
        error_rate=options.error_rate,
        rate_limit=options.rate_limit,
    )
    server = CatalogueServer(Catalogue.load(), faults, seed=options.seed)
    runner = web.AppRunner(server.application(), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", options.port, backlog=1024)
        await site.start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        sys.stdout.write(f"Open Library at {url}, Google Books at {url}{GOOGLE_PREFIX}\n")
        sys.stdout.flush()
        if options.ready_file:
            _tell(options.ready_file, url)
        await _stopped()
    finally:
        await runner.cleanup()


def _tell(path: Path, url: str) -> None:
    ready = {"url": url, "openLibraryUrl": url, "googleBooksUrl": url + GOOGLE_PREFIX, "pid": os.getpid()}
    # Whole or not at all: whoever waits for the file reads it at once.
    scratch = path.with_suffix(".part")
    scratch.write_text(json.dumps(ready))
    scratch.replace(path)


async def _stopped() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m catalogue",
        description="Open Library's and Google Books' APIs over 10,000 real books, on this machine alone.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=8081, help="port (default 8081; 0: a free one)")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that each answer takes")
    parser.add_argument("--jitter", type=float, default=0.0, help="up to so many seconds more, at random")
    parser.add_argument("--error-rate", type=float, default=0.0, help="share of requests answered 503")
    parser.add_argument(
        "--rate-limit", type=float, default=0.0, help="requests a second, then 429 (0: no limit)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the chances (default 1)")
    parser.add_argument("--ready-file", type=Path, help="where to write the URLs as JSON once it serves")
    parser.add_argument("--ids", type=int, metavar="N", help="print so many work ids of real books, and end")
    parser.add_argument("--unknown", type=int, default=0, metavar="K", help="and so many that nobody knows")
    return parser


if __name__ == "__main__":
    sys.exit(main())
