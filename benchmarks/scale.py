"""What an item costs in larger jobs, in more jobs at once, and with more devices: `make bench-scale`.

    python -m benchmarks.scale [--rounds 3] [--quick] [--json FILE] [--docs]

All on one running system; a column is a run, the first of each group its base. Requests are counted one by one in the
store's record.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.delivery.figures import Figures, figures
from benchmarks.delivery.measure import JSON, WARMING_ITEMS, WAYS
from benchmarks.delivery.system import System, on_a_system, works
from benchmarks.peers import docs

console = Console(stderr=True)

_LATENCY = 0.02
"""Seconds that each answer of the providers takes: little, so that the system's own work shows."""
_ITEM_ROWS = {
    "result written": "dynamodb PutItem ITEM",
    "item counted": "dynamodb UpdateItem CHUNK",
    "cache asked": "dynamodb BatchGetItem CACHE",
    "cache filled": "dynamodb BatchWriteItem CACHE",
}
_SHOWING = (
    "dynamodb Query CHUNK",
    "dynamodb UpdateItem META",
    "dynamodb GetItem META",
    "dynamodb Query CONN",
)

Value = Callable[[Figures], float]


@dataclass(frozen=True, kw_only=True)
class Load:
    """Jobs of so many works at once, each watched by so many devices."""

    items: int
    jobs: int = 1
    devices: int = 1

    @property
    def title(self) -> str:
        """As a column's head."""
        of = f"{self.items:,} works"
        jobs = of if self.jobs == 1 else f"{self.jobs} × {of}"
        return jobs if self.devices == 1 else f"{jobs}, {self.devices} devices"


GROUPS: Mapping[str, Sequence[Load]] = {
    "Larger jobs": [Load(items=items) for items in (100, 1000, 10_000)],
    "More jobs at once": [Load(items=100, jobs=jobs) for jobs in (1, 10, 50)],
    "More devices on a job": [Load(items=500, devices=devices) for devices in (1, 10, 100)],
}
QUICK: Mapping[str, Sequence[Load]] = {
    "Larger jobs": [Load(items=25), Load(items=100)],
    "More jobs at once": [Load(items=25, jobs=2)],
    "More devices on a job": [Load(items=25, devices=3)],
}
Rounds = list[dict[str, Figures]]
"""Figures of each round by the title of the load."""


def _an_item(value: Value) -> Value:
    return lambda made: value(made) / float(made["items"])


def _of(name: str) -> Value:
    return lambda made: float(made[name])


def _operations(*names: str) -> Value:
    return lambda made: float(sum(made["operations"].get(name, 0) for name in names))


ROWS: Mapping[str, tuple[Value, int]] = {
    **{f"{title}, requests an item": (_an_item(_operations(name)), 3) for title, name in _ITEM_ROWS.items()},
    "shown, requests an item": (_an_item(_operations(*_SHOWING)), 3),
    "all requests to DynamoDB an item": (
        _an_item(
            lambda made: sum(n for name, n in made["operations"].items() if name.startswith("dynamodb"))
        ),
        3,
    ),
    "write units an item": (_an_item(_of("write_units")), 3),
    "read units an item": (_an_item(_of("read_units")), 3),
    "requests to SQS an item": (_an_item(_of("sqs_requests")), 3),
    "posts an item": (_an_item(_of("posts")), 3),
    "invocations an item": (_an_item(lambda made: sum(made["invocations"].values())), 3),
    "CPU of the functions an item, ms": (_an_item(lambda made: made["cpu_functions"] * 1000), 2),
    "CPU of the emulator and its store an item, ms": (
        _an_item(lambda made: (made["cpu_all"] - made["cpu_functions"]) * 1000),
        2,
    ),
    "time an item, ms": (_an_item(lambda made: made["seconds"] * 1000), 2),
    "dollars for 1,000 items": (_an_item(lambda made: made["usd"] * 1000), 5),
    "update latency p50, ms": (_of("latency_p50"), 1),
    "update latency p99, ms": (_of("latency_p99"), 1),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 where nothing could be measured."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    groups = QUICK if options.quick else GROUPS
    rounds: Rounds = []
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        asyncio.run(measure(groups, options.rounds, rounds))
    rounds = [made for made in rounds if made]
    if not rounds:
        return 1
    out = Console(width=None if sys.stdout.isatty() else 200)
    for title, loads in groups.items():
        out.print(table(title, loads, rounds))
    if options.json is not None:
        options.json.write_text(json.dumps(rounds, indent=1) + "\n", encoding="utf-8")
    if options.docs:
        head = f"`python -m benchmarks.scale --rounds {options.rounds}`, medians (least–greatest), {docs.machine()}.\n"
        docs.write("scale", head + "".join(markdown(title, loads, rounds) for title, loads in groups.items()))
    return 0


async def measure(groups: Mapping[str, Sequence[Load]], number: int, rounds: Rounds) -> None:
    """Fills `rounds`, each on a fresh system."""
    loads = list(dict.fromkeys(load for group in groups.values() for load in group))
    for place in range(1, number + 1):
        made: dict[str, Figures] = {}
        rounds.append(made)

        async def use(system: System, place: int = place, made: dict[str, Figures] = made) -> None:
            await system.slow_down(_LATENCY)
            await system.run([works(WARMING_ITEMS)], WAYS[JSON], 3)
            for load in loads:
                console.print(f"round {place}/{number}: {load.title}", highlight=False)
                made[load.title] = await _one(system, load)

        with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
            await on_a_system(Path(scratch), {}, use)


async def _one(system: System, load: Load) -> Figures:
    ids = works(load.items * load.jobs)
    jobs = [ids[start : start + load.items] for start in range(0, len(ids), load.items)]
    run = await system.run(jobs, WAYS[JSON], load.devices)
    made = figures(run.account, items=len(ids), seconds=run.seconds, jobs=load.jobs)
    if load.jobs > 1:
        # A state is of one job, the times of counting are of all: there is no latency to tell.
        made = {name: value for name, value in made.items() if not name.startswith(("latency", "hop"))}
    return {name: value for name, value in made.items() if not name.endswith("_times")}


def cells(loads: Sequence[Load], rounds: Rounds, value: Value, digits: int) -> list[str]:
    """A row: medians with the least and the greatest where they differ, and how each stands to the first, by the median
    of the rounds' ratios."""
    made: list[str] = []
    for load in loads:
        pairs = [
            (value(figures_[load.title]), value(figures_[loads[0].title]))
            for figures_ in rounds
            if load.title in figures_ and loads[0].title in figures_ and _has(value, figures_[load.title])
        ]
        if not pairs:
            made.append("–")
            continue
        values = sorted(one for one, _ in pairs)
        middle, least, greatest = (
            f"{number:,.{digits}f}" for number in (statistics.median(values), values[0], values[-1])
        )
        ratios = [one / base for one, base in pairs if base]
        more = [f"{least}–{greatest}"] if least != greatest else []
        if ratios and load != loads[0]:
            more.append(f"{statistics.median(ratios):.2f} ×")
        made.append(f"{middle} ({'; '.join(more)})" if more else middle)
    return made


def _has(value: Value, made: Figures) -> bool:
    try:
        value(made)
    except KeyError:
        return False
    return True


def table(title: str, loads: Sequence[Load], rounds: Rounds) -> Table:
    """For a person at a terminal."""
    made = Table(title=f"{title}; medians of {len(rounds)} rounds (least–greatest; × the first column)")
    made.add_column("")
    for load in loads:
        made.add_column(load.title, justify="right")
    for name, (value, digits) in ROWS.items():
        made.add_row(name, *cells(loads, rounds, value, digits))
    return made


def markdown(title: str, loads: Sequence[Load], rounds: Rounds) -> str:
    """For the page."""
    lines = [f"\n### {title}\n", f"|  | {' | '.join(load.title for load in loads)} |"]
    lines.append(f"| --- | {' | '.join('---:' for _ in loads)} |")
    lines += [
        f"| {name} | {' | '.join(cells(loads, rounds, value, digits))} |"
        for name, (value, digits) in ROWS.items()
    ]
    return "\n".join(lines) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale", description=(__doc__ or "").partition("\n")[0]
    )
    add = parser.add_argument
    add("--rounds", type=int, default=3, help="how often everything is measured (default 3)")
    add("--quick", action="store_true", help="small jobs, to see that it works")
    add("--json", type=Path, metavar="FILE", help="write every round's figures there")
    add("--docs", action="store_true", help="put the results into docs/benchmarks.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
