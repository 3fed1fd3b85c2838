"""Many schedules, several systems side by side, each taking the next: with what is told meanwhile and at the end."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.chaos.model import Broken, broken_promises
from tests.chaos.run import Observed, run, run_together
from tests.chaos.schedule import Schedule
from tests.chaos.system import ALONE, CROWDED, ChaosSystem, Scale, chaos_system
from tools.stack import ROOT

FOLDER = ROOT / "build" / "chaos"
"""Where the log of what failed is kept, with its schedule."""


@dataclass(kw_only=True)
class Report:
    """What came of a campaign."""

    ran: int = 0
    works: int = 0
    """Processed, by all jobs together."""
    struck: Counter[str] = field(default_factory=Counter)
    """By what the fault does: how often it did."""
    ends: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    failures: list[tuple[Schedule, list[Broken], Path]] = field(default_factory=list)
    """With the folder that each is kept in."""
    unclean: list[str] = field(default_factory=list)
    """What the emulators' own logs say that they should not."""
    seconds: float = 0.0

    def add(self, seen: Observed, *, struck: bool = True) -> None:
        """Adds a job; without `struck` where its faults were those of another, too."""
        self.ran += 1
        self.works += seen.record.get("processedItems", 0)
        self.ends[seen.first_end.status if seen.first_end else "none"] += 1
        for does, times in seen.struck.values() if struck else ():
            self.struck[does] += times
        for stroke in seen.schedule.strokes:
            self.struck[f"at once: {stroke.body['action']}"] += 1
        self.slowest = sorted([*self.slowest, (seen.seconds, seen.schedule.name)], reverse=True)[:3]

    @property
    def held(self) -> bool:
        return not self.failures and not self.unclean

    def lines(self) -> Iterator[str]:
        """The summary."""
        ends = ", ".join(f"{number} {end}" for end, number in self.ends.most_common())
        yield f"{self.ran} jobs, {self.works:,} works in {self.seconds:.0f} s: {ends}"
        kinds = ", ".join(f"{does} {times}" for does, times in sorted(self.struck.items()) if times)
        yield f"{self.struck.total()} faults struck: {kinds or 'none'}"
        yield "slowest: " + ", ".join(f"{name} ({seconds:.0f} s)" for seconds, name in self.slowest)
        for line in self.unclean:
            yield f"an emulator or catalogue itself failed: {line}"
        yield f"{len(self.failures)} jobs broke a promise" if self.failures else "every promise held"


def campaign(
    schedules: Sequence[Schedule],
    *,
    workers: int,
    console: Console,
    functions: Path = ROOT / "functions",
    until_failure: bool = False,
) -> Report:
    """Runs them all, on so many systems; each failure is told at once."""
    report = Report()
    began = time.monotonic()
    with ExitStack() as stack:
        systems = [
            stack.enter_context(started_system(functions)) for _ in range(min(workers, len(schedules)))
        ]
        progress = stack.enter_context(_progress(console))
        asyncio.run(_Campaign(list(schedules), report, progress, until_failure=until_failure).run(systems))
        for system in systems:
            report.unclean += system.broken()
    report.seconds = time.monotonic() - began
    return report


def crowded(schedules: Sequence[Schedule], *, console: Console, functions: Path) -> Report:
    """Runs them all at once, on one system."""
    report = Report()
    began = time.monotonic()
    with started_system(functions, CROWDED) as system:
        for number, seen in enumerate(asyncio.run(_together(system, schedules, console))):
            report.add(seen, struck=not number)
            if broken := broken_promises(seen):
                folder = keep(system, seen.schedule, broken, 0)
                report.failures.append((seen.schedule, broken, folder))
                for line in (f"BROKEN in {seen.schedule.name}", *map(str, broken), f"the log: {folder}"):
                    console.print(line, markup=False)
        report.unclean += system.broken()
    report.seconds = time.monotonic() - began
    return report


async def _together(system: ChaosSystem, schedules: Sequence[Schedule], console: Console) -> list[Observed]:
    began = time.monotonic()

    def tell(seen: Observed) -> None:
        state = seen.first_end or "no end"
        console.print(f"{seen.schedule.name} after {time.monotonic() - began:.0f} s: {state}", markup=False)

    async with system.http:
        return await run_together(system, schedules, tell=tell)


@contextmanager
def started_system(functions: Path, scale: Scale = ALONE) -> Iterator[ChaosSystem]:
    """One in a temporary folder."""
    with (
        tempfile.TemporaryDirectory(prefix="chaos-") as folder,
        chaos_system(Path(folder), functions=functions, scale=scale) as system,
    ):
        yield system


class _Campaign:
    def __init__(
        self, schedules: list[Schedule], report: Report, progress: Progress, *, until_failure: bool
    ) -> None:
        self._waiting = list(reversed(schedules))
        self._report = report
        self._progress = progress
        self._task = progress.add_task("schedules", total=len(schedules), broken=0)
        self._until_failure = until_failure

    async def run(self, systems: list[ChaosSystem]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for system in systems:
                    group.create_task(self._work(system))
        finally:
            for system in systems:
                await system.http.aclose()

    async def _work(self, system: ChaosSystem) -> None:
        while self._waiting and not (self._until_failure and self._report.failures):
            schedule = self._waiting.pop()
            begins_at = system.log.stat().st_size
            seen = await run(system, schedule)
            self._report.add(seen)
            if broken := broken_promises(seen):
                self._fail(system, schedule, broken, begins_at)
            self._tell()

    def _fail(self, system: ChaosSystem, schedule: Schedule, broken: list[Broken], begins_at: int) -> None:
        folder = keep(system, schedule, broken, begins_at)
        self._report.failures.append((schedule, broken, folder))
        for line in failure_lines(schedule, broken, folder):
            self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _tell(self) -> None:
        self._progress.update(self._task, completed=self._report.ran, broken=len(self._report.failures))
        if not self._progress.console.is_terminal and self._report.ran % 20 == 0:
            self._progress.console.print(f"{self._report.ran} schedules, {len(self._report.failures)} broken")


def keep(system: ChaosSystem, schedule: Schedule, broken: Sequence[Broken], begins_at: int) -> Path:
    """Keeps a failure's schedule, what was wrong, and its part of the system's log."""
    folder = FOLDER / schedule.name.strip("-").replace(" ", "-").replace("--", "")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schedule.json").write_text(schedule.document())
    (folder / "broken.txt").write_text("".join(f"{promise}\n" for promise in broken))
    with system.log.open("rb") as log:
        log.seek(begins_at)
        (folder / "system.log").write_bytes(log.read())
    return folder


def failure_lines(schedule: Schedule, broken: Sequence[Broken], folder: Path) -> Iterator[str]:
    """What a person needs: what was broken, how to see it again, what the schedule was."""
    yield f"BROKEN by {schedule.name}"
    yield from (f"  {promise}" for promise in broken)
    again = schedule.name if schedule.name.startswith("--seed") else f"--schedule {folder / 'schedule.json'}"
    yield f"  again:    .venv/bin/python -m tests.chaos {again}"
    yield f"  smaller:  .venv/bin/python -m tests.chaos {again} --shrink"
    yield f"  the log:  {folder / 'system.log'}"
    yield from (f"  {line}" for line in schedule.document().splitlines())


def _progress(console: Console) -> Progress:
    columns = (
        "{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[broken]} broken"),
    )
    return Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal)
