"""The command line: `python -m tests.chaos`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from tests.chaos.campaign import Report, campaign, crowded, started_system
from tests.chaos.crowd import crowd
from tests.chaos.examples import EXAMPLES
from tests.chaos.model import broken_promises
from tests.chaos.run import run
from tests.chaos.schedule import LONG, SHORT, Schedule, read, schedule_of
from tests.chaos.shrink import shrink
from tools.stack import ROOT


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what is asked for; the exit status is 1 where a promise was broken."""
    options = _parser().parse_args(arguments)
    # What the client finds strange is what was asked for.
    logging.getLogger("bookstrack").setLevel(logging.ERROR)
    console = Console(soft_wrap=True, highlight=False)
    one = _one(options)
    if one is not None and options.shrink:
        console.print(asyncio.run(_smallest(one, options.functions, console)).document(), markup=False)
        return 1
    schedules = [one] * options.times if one else _many(options)
    reports = []
    if schedules:
        report = campaign(
            schedules,
            workers=options.workers,
            console=console,
            functions=options.functions,
            until_failure=options.until_failure,
        )
        reports.append(report)
    if options.crowd and not one:
        reports.append(crowded(crowd(options.crowd), console=console, functions=options.functions))
    return _told(reports, console)


def _told(reports: list[Report], console: Console) -> int:
    for report in reports:
        for line in report.lines():
            console.print(line, markup=False)
    return 0 if all(report.held for report in reports) else 1


def _one(options: argparse.Namespace) -> Schedule | None:
    if options.schedule is not None:
        return replace(read(options.schedule.read_text()), name=options.schedule.parent.name)
    if options.seed is not None:
        return schedule_of(options.seed, options.works)
    return None


def _many(options: argparse.Namespace) -> list[Schedule]:
    first = options.first_seed
    # The long ones first: whoever comes last would make all wait.
    long = [schedule_of(seed, LONG) for seed in range(first, first + options.long)]
    short = [schedule_of(seed) for seed in range(first, first + options.schedules)]
    return [*EXAMPLES, *long, *short] if short or long else []


async def _smallest(schedule: Schedule, functions: Path, console: Console) -> Schedule:
    with started_system(functions) as system:

        async def breaks(candidate: Schedule) -> bool:
            broken = broken_promises(await run(system, candidate))
            parts = len(candidate.rules) + len(candidate.strokes) + len(candidate.devices)
            console.print(f"{parts} parts: {broken[0] if broken else 'every promise held'}", markup=False)
            return bool(broken)

        async with system.http:
            return await shrink(schedule, breaks)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description="Breaks jobs in every way that a schedule has, and says which promises did not hold.",
    )
    parser.add_argument("--schedules", type=int, default=200, help=f"of jobs of {SHORT} works (default 200)")
    parser.add_argument("--long", type=int, default=10, help=f"of jobs of {LONG:,} works (default 10)")
    parser.add_argument("--crowd", type=int, default=20, help="jobs at once, on one system (default 20)")
    parser.add_argument("--first-seed", type=int, default=1, help="the others follow it (default 1)")
    parser.add_argument("--workers", type=int, default=4, help="systems side by side (default 4)")
    parser.add_argument("--until-failure", action="store_true", help="stop at the first broken promise")
    parser.add_argument("--functions", type=Path, default=ROOT / "functions", help="the functions' code")
    parser.add_argument("--seed", type=int, help="only the schedule of this seed")
    parser.add_argument("--works", type=int, default=SHORT, help=f"of its job (default {SHORT})")
    parser.add_argument("--schedule", type=Path, help="only the one in this file, as a failure keeps it")
    parser.add_argument("--times", type=int, default=1, help="run that one so often (default 1)")
    parser.add_argument(
        "--shrink", action="store_true", help="make that one smaller while it breaks a promise"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
