"""Cold starts, beside the floor that the SDK clients set.

    python -m benchmarks.cold_start [--runs 7] [--json FILE] [--docs]

First, how long a handler takes to be ready for its first event: it is imported and makes the clients that its first
invocation makes; the floor is `import boto3` and the same clients, as boto3 makes them by itself. Then, how long it
takes until it has answered that event, on the running system; the floor is boto3 with as many requests. Each is a fresh
process, and all take turns, so that a machine whose speed drifts treats them alike. The ratio is what carries over to
another machine; absolute times do not.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.cold_start import invoking, loading, report
from benchmarks.peers import docs
from tools.stack import StackError


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; 1 where a handler failed, or the system did not start."""
    options = _parser().parse_args(arguments)
    loaded, bundle_mb = loading.measure(options.runs), loading.bundle_mb()
    out = Console(width=None if sys.stdout.isatty() else 120)
    out.print(report.table(report.ready(loaded), title="Ready for the first event, ms"))
    with tempfile.TemporaryFile() as log:
        try:
            invoked = invoking.measure(options.runs, log)
        except (RuntimeError, StackError) as error:
            Console(stderr=True).print(str(error), style="red", markup=False)
            return 1
    out.print(report.table(report.answered(invoked), title="First event answered, ms"))
    out.print(f"bundle: {bundle_mb:.1f} MB", highlight=False)
    if options.json is not None:
        made = {"ms": loaded, "first": invoked.times, "requests": invoked.requests, "bundle_mb": bundle_mb}
        options.json.write_text(json.dumps(made, indent=1) + "\n")
    if options.docs:
        about = f"`python -m benchmarks.cold_start --runs {options.runs}`, {docs.machine()}"
        docs.write(
            "cold start",
            f"{about}; the bundle: {bundle_mb:.1f} MB.\n\n{report.markdown(report.ready(loaded))}",
        )
        docs.write("first invocation", f"{about}.\n\n{report.markdown(report.answered(invoked))}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cold_start", description=(__doc__ or "").partition("\n")[0]
    )
    add = parser.add_argument
    add(
        "--runs",
        type=int,
        default=7,
        help="fresh processes for each target, after one to warm up (default 7)",
    )
    add("--json", type=Path, metavar="FILE", help="write every run's milliseconds there")
    add("--docs", action="store_true", help="put the results into docs/benchmarks.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
