"""Push beside polling: `make bench-delivery`.

    python -m benchmarks.delivery [--rounds 3] [--quick] [--check] [--json FILE] [--docs]

The same jobs on the same running system, watched by nobody, by a socket and by polling, by turns, so that a machine
whose speed drifts treats them alike. `--check` compares the ratios and counts of a short run with those that
benchmarks/expected.json holds and fails where one is worse by more than a quarter; `--expect` writes that file anew.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from benchmarks.delivery import check, report
from benchmarks.delivery.measure import CHECK, QUICK, Plan, Results, measure
from benchmarks.peers import docs

console = Console(stderr=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """0; 1 where nothing could be measured, or something has become worse."""
    options = _parser().parse_args(arguments)
    # Asked to end, it stops what it has started, as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    plan = CHECK if options.check or options.expect else QUICK if options.quick else Plan()
    rounds = options.rounds or (3 if plan == Plan() else 1)
    results = Results()
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        # Interrupted, it tells what it has.
        asyncio.run(measure(plan, rounds, results, lambda text: console.print(text, highlight=False)))
    results.rounds = [made for made in results.rounds if made]
    if not results.rounds:
        return 1
    out = Console(width=None if sys.stdout.isatty() else 200)
    for table in report.tables(results):
        out.print(table)
    if options.json is not None:
        options.json.write_text(json.dumps(asdict(results), indent=1) + "\n", encoding="utf-8")
    if options.docs:
        size = {QUICK: " --quick", CHECK: " --check"}.get(plan, "")
        head = f"`python -m benchmarks.delivery{size} --rounds {rounds}`, {docs.machine()}.\n\n"
        docs.write("delivery targets", report.target_markdown(results))
        docs.write("delivery", head + report.markdown(results))
    if options.expect:
        check.write(check.ratios(results.rounds))
    if options.check:
        return check.report(check.compare(check.ratios(results.rounds)), out)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.delivery", description=(__doc__ or "").partition("\n")[0]
    )
    add = parser.add_argument
    add("--rounds", type=int, help="how often everything is measured (default 3; 1 with --quick)")
    add("--quick", action="store_true", help="small jobs, to see that it works")
    add(
        "--check",
        action="store_true",
        help="--quick, and fail where a ratio is a quarter worse than expected",
    )
    add("--expect", action="store_true", help="--quick, and take its ratios for what is expected from now on")
    add("--json", type=Path, metavar="FILE", help="write every round's figures there")
    add("--docs", action="store_true", help="put the results into docs/benchmarks.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
