"""Until a handler is ready: it is imported, and the clients that its first invocation makes are made."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import distribution
from pathlib import Path

from benchmarks.cold_start.needs import FUNCTIONS, NEEDS, POSTS, Times

_ENDPOINT = "https://x.execute-api.us-east-1.amazonaws.com/prod"
_TIMED = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
_ENVIRONMENT = {
    "PATH": os.environ.get("PATH", ""),
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "TABLE_NAME": "progress",
    "PYTHONPATH": str(FUNCTIONS),
}


def measure(runs: int) -> Times:
    """Runs of all handlers, after one to warm up, each next to its floor: what slows one slows the other."""
    times: Times = {name: [] for name in NEEDS}
    for number in range(runs + 1):
        for name, clients in NEEDS.items():
            taken = _taken(_floor(clients)), _taken(_ready(name))
            if number:
                times[name].append(taken)
    return times


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


def _floor(clients: Sequence[str]) -> str:
    """The code that makes the clients and nothing else."""
    return "; ".join(["import boto3", *(f"boto3.client({name!r})" for name in clients)])


def _ready(handler: str) -> str:
    """The code that a handler's first event waits for."""
    made = [f"aws.{name}()" for name in NEEDS[handler]]
    if handler in POSTS:
        made.append(f"aws.management({_ENDPOINT!r})")
    return "; ".join([f"import {handler}", "from progress import aws", *made])


def _taken(code: str) -> float:
    """Milliseconds that the code takes in a fresh process, start of the interpreter left out."""
    done = subprocess.run(
        [sys.executable, "-c", _TIMED.format(code)],
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.splitlines()[-1]) * 1000
