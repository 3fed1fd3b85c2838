"""What is measured, in what order: the ways of watching take turns on one system, round after round."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.delivery.figures import Figures, figures, pooled
from benchmarks.delivery.system import System, on_a_system, works
from benchmarks.delivery.watchers import NotSpokenError, Watch, poll, push

NONE, JSON, COMPACT = "none", "json", "compact"
POLLS = {"poll-0.5": 0.5, "poll-1": 1.0, "poll-2": 2.0}
WAYS: Mapping[str, Watch | None] = {
    NONE: None,
    JSON: push(),
    COMPACT: push("compact"),
    **{name: poll(interval) for name, interval in POLLS.items()},
}
SEQUENTIAL = "sequential"
"""The scenario in which each item is slower than the window: no frame is held back."""
_SEQUENTIAL_PARAMETERS = {"FramesPerSecond": "20", "ItemConcurrency": "1"}
_SEQUENTIAL_LATENCY = 0.08
_SEQUENTIAL_ITEMS = 25
"""One chunk: one worker, which looks one work up after the other."""
WARMING_ITEMS = 250
"""Ten chunks, more than there are workers at once."""

Tell = Callable[[str], None]
Round = dict[str, dict[str, Figures]]
"""Figures by scenario and way."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much of what. A scenario is called `items/devices`."""

    ways: tuple[str, ...] = tuple(WAYS)
    items: tuple[int, ...] = (100, 1500)
    latency: float = 0.3
    """Seconds that each answer of the providers takes: 1,500 works take some 25 s so."""
    crowd: int = 10
    """So many devices watch one job, so that what each takes stands out from what the job takes."""
    crowd_items: int = 1500
    crowd_ways: tuple[str, ...] = (NONE, JSON, COMPACT, *POLLS)
    sequential_jobs: int = 12
    sequential_ways: tuple[str, ...] = (JSON, COMPACT, "poll-1")


QUICK = Plan(
    ways=(NONE, JSON, COMPACT, "poll-0.5"),
    items=(200,),
    crowd_items=200,
    crowd_ways=(JSON, "poll-0.5"),
    sequential_jobs=1,
    sequential_ways=(JSON,),
)
CHECK = replace(QUICK, crowd_ways=())
"""What `check` looks at, and no more."""


@dataclass
class Results:
    """Of all rounds."""

    rounds: list[Round] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    """Ways that could not be measured, and why."""


async def measure(plan: Plan, rounds: int, results: Results, tell: Tell) -> None:
    """Fills `results`, round after round, so that what there is stands when it is interrupted.

    Each round begins with another way: what comes first may pay for what the others find done.
    """
    for number in range(1, rounds + 1):
        made: Round = {}
        results.rounds.append(made)
        with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
            turns = _Turns(_turned(plan, number - 1), made, results, _counted(tell, number, rounds))
            await on_a_system(Path(scratch), {}, turns.jobs)
            await on_a_system(Path(scratch), _SEQUENTIAL_PARAMETERS, turns.sequences)


def _turned(plan: Plan, by: int) -> Plan:
    def turned(ways: tuple[str, ...]) -> tuple[str, ...]:
        first = by % len(ways) if ways else 0
        return ways[first:] + ways[:first]

    return replace(
        plan,
        ways=turned(plan.ways),
        crowd_ways=turned(plan.crowd_ways),
        sequential_ways=turned(plan.sequential_ways),
    )


def _counted(tell: Tell, number: int, rounds: int) -> Tell:
    return lambda text: tell(f"round {number}/{rounds}: {text}")


class _Turns:
    def __init__(self, plan: Plan, made: Round, results: Results, tell: Tell) -> None:
        self._plan = plan
        self._made = made
        self._results = results
        self._tell = tell

    async def jobs(self, system: System) -> None:
        plan = self._plan
        await system.slow_down(0.02)
        await self._warm(system)
        await system.slow_down(plan.latency)
        for items in plan.items:
            for way in plan.ways:
                await self._one(system, f"{items}/1", way, items, 1)
        if plan.crowd_ways:
            await self._warm(system)
        for way in plan.crowd_ways:
            await self._one(system, f"{plan.crowd_items}/{plan.crowd}", way, plan.crowd_items, plan.crowd)

    async def _warm(self, system: System) -> None:
        """Environments that are cold, and connections that are not open yet, are measured elsewhere."""
        for way in (JSON, "poll-0.5"):
            await system.run([works(WARMING_ITEMS)], WAYS[way], self._plan.crowd)

    async def sequences(self, system: System) -> None:
        await system.slow_down(_SEQUENTIAL_LATENCY)
        for way in (JSON, "poll-1"):
            await system.run([works(_SEQUENTIAL_ITEMS)], WAYS[way])
        for way in self._plan.sequential_ways:
            runs = []
            self._tell(f"{SEQUENTIAL}, {way}")
            try:
                for _ in range(self._plan.sequential_jobs):
                    run = await system.run([works(_SEQUENTIAL_ITEMS)], WAYS[way])
                    runs.append(figures(run.account, items=_SEQUENTIAL_ITEMS, seconds=run.seconds))
            except NotSpokenError as error:
                self._results.left_out[way] = str(error)
                continue
            self._put(SEQUENTIAL, way, pooled(runs))

    async def _one(self, system: System, scenario: str, way: str, items: int, devices: int) -> None:
        self._tell(f"{items} works, {devices} watching by {way}")
        try:
            run = await system.run([works(items)], WAYS[way], devices)
        except NotSpokenError as error:
            self._results.left_out[way] = str(error)
            return
        self._put(scenario, way, figures(run.account, items=items, seconds=run.seconds))

    def _put(self, scenario: str, way: str, made: Figures) -> None:
        kept = {name: value for name, value in made.items() if not name.endswith("_times")}
        self._made.setdefault(scenario, {})[way] = kept
