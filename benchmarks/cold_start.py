"""How long each handler takes to be ready for its first event, beside the floor that its SDK clients set.

    python -m benchmarks.cold_start [--runs 7] [--json FILE] [--docs]

A handler is imported and makes the clients that its first invocation makes; the floor is `import boto3` and the same
clients, as boto3 makes them by itself. Each is a fresh process, and all take turns, so that a machine whose speed
drifts treats them alike. The ratio is what carries over to another machine; absolute times do not.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import distribution
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.peers import docs

FUNCTIONS = Path(__file__).resolve().parents[1] / "functions"
DYNAMODB, SQS, S3 = "dynamodb", "sqs", "s3"
NEEDS: Mapping[str, tuple[str, ...]] = {
    "connect": (DYNAMODB,),
    "disconnect": (DYNAMODB,),
    "message": (DYNAMODB, SQS),
    "jobs": (DYNAMODB,),
    "start_enrichment": (DYNAMODB, SQS),
    "import_csv": (DYNAMODB, SQS),
    "scan_bookshelf": (DYNAMODB, S3, SQS),
    "enrich_chunk": (DYNAMODB,),
    "detect_books": (DYNAMODB, S3),
    "watch_jobs": (DYNAMODB, SQS),
}
"""The clients that a handler's first invocation makes: a `ready` sends the chunks, a worker sends nothing."""
POSTS = {"message", "enrich_chunk", "detect_books"}
"""Those whose first invocation also posts to a connection."""
_ENDPOINT = "https://x.execute-api.us-east-1.amazonaws.com/prod"
_TARGET = 1.25
Times = dict[str, list[tuple[float, float]]]
"""Milliseconds of the floor and of the handler, run by run."""

_TIMED = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
_ENVIRONMENT = {
    "PATH": os.environ.get("PATH", ""),
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "TABLE_NAME": "progress",
    "PYTHONPATH": str(FUNCTIONS),
}


def floor(clients: Sequence[str]) -> str:
    """The code that makes the clients and nothing else."""
    return "; ".join(["import boto3", *(f"boto3.client({name!r})" for name in clients)])


def ready(handler: str) -> str:
    """The code that a handler's first event waits for."""
    made = [f"aws.{name}()" for name in NEEDS[handler]]
    if handler in POSTS:
        made.append(f"aws.management({_ENDPOINT!r})")
    return "; ".join([f"import {handler}", "from progress import aws", *made])


def measure(code: str) -> float:
    """Milliseconds that the code takes in a fresh process, start of the interpreter left out."""
    done = subprocess.run(
        [sys.executable, "-c", _TIMED.format(code)],
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.splitlines()[-1]) * 1000


def bundle_mb() -> float:
    """What the functions and their requirements take, unzipped, in MB; Lambda's limit is 250."""
    required = re.findall(r"^([\w.-]+)==", (FUNCTIONS / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    installed = [
        Path(str(file.locate()))
        for name in required
        for file in distribution(name).files or ()
        if file.suffix != ".pyc"
    ]
    own = [path for path in FUNCTIONS.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return sum(path.stat().st_size for path in [*installed, *own] if path.is_file()) / 1e6


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints."""
    options = _parser().parse_args(arguments)
    times = _measured(options.runs)
    out = Console(width=None if sys.stdout.isatty() else 120)
    out.print(_table(times, options.runs))
    out.print(f"bundle: {bundle_mb():.1f} MB", highlight=False)
    if options.json is not None:
        options.json.write_text(json.dumps({"ms": times, "bundle_mb": bundle_mb()}, indent=1) + "\n")
    if options.docs:
        docs.write("cold start", _markdown(times, options.runs))
    return 0


def _measured(runs: int) -> Times:
    times: Times = {name: [] for name in NEEDS}
    for number in range(runs + 1):
        for name, clients in NEEDS.items():
            # Neighbours: what slows one slows the other.
            taken = measure(floor(clients)), measure(ready(name))
            if number:  # the first is to warm up
                times[name].append(taken)
    return times


def _rows(times: Times) -> list[list[str]]:
    rows = []
    for name, taken in times.items():
        floors, own = zip(*taken, strict=True)
        ratios = sorted(one / base for base, one in taken)
        middle = statistics.median(ratios)
        verdict = "met" if middle <= _TARGET else "missed"
        rows.append(
            [
                name,
                ", ".join(NEEDS[name]),
                f"{statistics.median(floors):.0f}",
                f"{statistics.median(own):.0f}",
                f"{middle:.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})",
                verdict,
            ]
        )
    return rows


_HEAD = ["", "SDK clients", "floor, ms", "handler, ms", "× floor", f"≤ {_TARGET}"]


def _table(times: Times, runs: int) -> Table:
    table = Table(title=f"Ready for the first event, {runs} runs after one to warm up")
    for place, column in enumerate(_HEAD):
        table.add_column(column, justify="left" if place < 2 else "right")
    for row in _rows(times):
        table.add_row(*row)
    return table


def _markdown(times: Times, runs: int) -> str:
    lines = [
        f"`python -m benchmarks.cold_start --runs {runs}`, {docs.machine()}; the bundle: {bundle_mb():.1f} MB.",
        "",
        f"| {' | '.join(_HEAD)} |",
        "| --- | --- | ---: | ---: | ---: | --- |",
        *(f"| {' | '.join(row)} |" for row in _rows(times)),
    ]
    return "\n".join(lines) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cold_start", description=(__doc__ or "").partition("\n")[0]
    )
    add = parser.add_argument
    add("--runs", type=int, default=7, help="fresh processes for each target (default 7)")
    add("--json", type=Path, metavar="FILE", help="write every run's milliseconds there")
    add("--docs", action="store_true", help="put the results into docs/benchmarks.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
