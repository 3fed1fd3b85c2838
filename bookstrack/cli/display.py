"""What a person sees: a live bar while a job runs, tables when it is done; plain lines where there is no terminal."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from types import TracebackType
from typing import Any, Protocol, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from bookstrack.cli.tables import one_line, several, summary, tables
from bookstrack.types import SCAN, JobResult, JobStarted, ScanResult, Update

_LINE_SECONDS = 1.0


class Display(Protocol):
    """Shows a job while it runs, and what came of it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def started(self, started: JobStarted) -> None:
        """The job has been started, or is being watched."""

    def update(self, update: Update) -> None:
        """A newer state."""

    def result(self, result: JobResult | ScanResult) -> None:
        """The end, with the results."""


class _Count(MofNCompleteColumn):
    """Works done of all; nothing while nobody knows how many there are."""

    def render(self, task: Task) -> Text:
        """As `5/17`."""
        return super().render(task) if task.total is not None else Text("")


class _Rate(ProgressColumn):
    """Works a second over the whole run."""

    def render(self, task: Task) -> Text:
        """As `12.3/s`."""
        elapsed = task.elapsed or 0
        return Text(f"{task.completed / elapsed:.1f}/s" if elapsed and task.completed else "", style="cyan")


class _Eta(ProgressColumn):
    """The server's own estimate."""

    def render(self, task: Task) -> Text:
        """As `0:12 left`."""
        eta = task.fields.get("eta")
        if eta is None:
            return Text("")
        minutes, seconds = divmod(round(eta), 60)
        return Text(f"{minutes}:{seconds:02} left", style="cyan")


class LiveDisplay:
    """For a terminal."""

    def __init__(self, console: Console, *, show_all: bool) -> None:
        self._console = console
        self._show_all = show_all
        self._kind = ""
        self._progress = Progress(
            BarColumn(bar_width=28),
            _Count(),
            _Rate(),
            _Eta(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("Connecting", total=None, eta=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def started(self, started: JobStarted) -> None:
        self._kind = started.kind
        self._progress.console.print(_headline(started), style="dim", highlight=False, markup=False)
        total = None if started.kind == SCAN else started.total or None
        self._progress.update(self._task, total=total, description="Waiting to start")

    def update(self, update: Update) -> None:
        self._progress.update(
            self._task,
            # Rich shows a bar without a total as a pulse.
            total=update.total if _countable(self._kind, update) else None,
            completed=update.processed,
            description=one_line(update.current_status),
            eta=update.eta,
        )

    def result(self, result: JobResult | ScanResult) -> None:
        self._progress.stop()
        self._console.print(tables(result, show_all=self._show_all))
        self._console.print(summary(result), markup=False, highlight=False)


class _Unframed:
    """Nothing to set up or to take down."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return


class PlainDisplay(_Unframed):
    """For a pipe or a log: at most a line a second, no control codes."""

    def __init__(
        self, console: Console, *, show_all: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console
        self._show_all = show_all
        self._clock = clock
        self._kind = ""
        self._printed_at = -_LINE_SECONDS

    def started(self, started: JobStarted) -> None:
        self._kind = started.kind
        self._print(_headline(started))

    def update(self, update: Update) -> None:
        now = self._clock()
        if update.terminal or now - self._printed_at >= _LINE_SECONDS:
            self._printed_at = now
            count = f"{update.processed}/{update.total}  " if _countable(self._kind, update) else ""
            self._print(count + one_line(update.current_status))

    def result(self, result: JobResult | ScanResult) -> None:
        self._console.print(tables(result, show_all=self._show_all))
        self._print(summary(result))

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class JsonDisplay(_Unframed):
    """For scripts: one JSON object a line, `started`, an `update` each, then the `result`."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def started(self, started: JobStarted) -> None:
        self._write({"event": "started", **asdict(started)})

    def update(self, update: Update) -> None:
        self._write({"event": "update", **asdict(update)})

    def result(self, result: JobResult | ScanResult) -> None:
        self._write({"event": "result", **result_as_json(result)})

    def _write(self, value: dict[str, Any]) -> None:
        self._out.write(json.dumps(value) + "\n")
        self._out.flush()


def result_as_json(result: JobResult | ScanResult) -> dict[str, Any]:
    """The whole result, for `--json` and `--output`."""
    if isinstance(result, ScanResult):
        return asdict(result)
    counts = {"found": result.found, "not_found": result.not_found, "failed": result.failed}
    return {**asdict(result), **counts}


def _headline(started: JobStarted) -> str:
    parts = [f"Job {started.job_id}"]
    if started.total and started.kind != SCAN:
        parts.append(several(started.total, "work"))
    if started.rejected:
        parts.append(several(len(started.rejected), "rejected row"))
    return ", ".join(parts)


def _countable(kind: str, update: Update) -> bool:
    """The photo of a scan stands for one work until it has been read: how many there are, nobody knows before."""
    return update.terminal or kind != SCAN or update.total > 1 or update.processed > 0
