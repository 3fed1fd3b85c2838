"""How long each handler takes to import, beside the floor that its SDK clients set.

    python -m benchmarks.cold_start [--runs 7]

Every import is a fresh process; the targets take turns, so that a machine whose speed drifts treats them alike. The
ratio to `boto3.client("dynamodb")` is what carries over to another machine; absolute times do not.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

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


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cold_start", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--runs", type=int, default=7, help="fresh processes for each target (default 7)")
    arguments = parser.parse_args()
    codes = targets()
    times: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(arguments.runs + 1):
        for name, code in codes.items():
            times[name].append(measure(code))
    floor = statistics.median(times[FLOOR][1:])
    table = Table(title=f"Import and first client, {arguments.runs} runs after one to warm up")
    for column in ("target", "median ms", "min", "max", "ratio to the floor"):
        table.add_column(column, justify="left" if column == "target" else "right")
    for name, runs in times.items():
        counted = runs[1:]
        median = statistics.median(counted)
        row = (median, min(counted), max(counted))
        table.add_row(name, *(f"{value:.0f}" for value in row), f"{median / floor:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
