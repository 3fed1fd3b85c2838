"""How long each handler takes to import, beside the floor that its SDK clients set.

    python -m benchmarks.cold_start [--runs 7] [--json FILE] [--docs]

Every import is a fresh process; the targets take turns, so that a machine whose speed drifts treats them alike. The
ratio to `boto3.client("dynamodb")` is what carries over to another machine; absolute times do not.
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
FLOOR = "boto3.client('dynamodb')"
_TIMED = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
_ENVIRONMENT = {
    "PATH": os.environ.get("PATH", ""),
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "TABLE_NAME": "progress",
    "PYTHONPATH": str(FUNCTIONS),
}


def targets() -> dict[str, str]:
    """Name to the code that is timed."""
    handlers = sorted(path.stem for path in FUNCTIONS.glob("*.py"))
    client = "from progress import aws; aws.dynamodb()"
    return {
        "bare Python": "pass",
        FLOOR: "import boto3; boto3.client('dynamodb')",
        **{name: f"import {name}; {client}" for name in handlers},
    }


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


def _measured(runs: int) -> dict[str, list[float]]:
    codes = targets()
    times: dict[str, list[float]] = {name: [] for name in codes}
    for number in range(runs + 1):
        for name, code in codes.items():
            taken = measure(code)
            if number:  # the first is to warm up
                times[name].append(taken)
    return times


def _rows(times: Mapping[str, Sequence[float]]) -> list[list[str]]:
    floor = times[FLOOR]
    rows = []
    for name, taken in times.items():
        # The two of a round are neighbours: what slowed one slowed the other.
        ratio = statistics.median(one / base for one, base in zip(taken, floor, strict=True))
        row = [f"{value:.0f}" for value in (statistics.median(taken), min(taken), max(taken))]
        rows.append([name, *row, f"{ratio:.2f}"])
    return rows


_HEAD = ["", "median ms", "least", "greatest", "× floor"]


def _table(times: Mapping[str, Sequence[float]], runs: int) -> Table:
    table = Table(title=f"Import and first client, {runs} runs after one to warm up")
    for column in _HEAD:
        table.add_column(column, justify="right" if column else "left")
    for row in _rows(times):
        table.add_row(*row)
    return table


def _markdown(times: Mapping[str, Sequence[float]], runs: int) -> str:
    lines = [
        f"`python -m benchmarks.cold_start --runs {runs}`, {docs.machine()}; the bundle: {bundle_mb():.1f} MB.",
        "",
        f"| {' | '.join(_HEAD)} |",
        "| --- | ---: | ---: | ---: | ---: |",
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
