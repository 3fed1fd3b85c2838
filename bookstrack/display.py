"""What a person sees: a live bar while a job runs, a table when it is done; plain lines where there is no terminal."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from types import TracebackType
from typing import Any, Protocol, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.table import Table
from rich.text import Text

from bookstrack.types import JobResult, ResultItem, Update

_SHOWN_AT_EACH_END = 10
_LINE_SECONDS = 1.0


class Display(Protocol):
    """Shows a job while it runs, and what came of it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def started(self, job_id: str, total: int) -> None:
        """The job has been started, or is being watched."""

    def update(self, update: Update) -> None:
        """A newer state."""

    def result(self, result: JobResult) -> None:
        """The end, with the results."""


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
        self._progress = Progress(
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
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

    def started(self, job_id: str, total: int) -> None:
        self._progress.console.print(f"Job {job_id}", style="dim", highlight=False)
        self._progress.update(self._task, total=total or None, description="Waiting to start")

    def update(self, update: Update) -> None:
        self._progress.update(
            self._task,
            total=update.total,
            completed=update.processed,
            description=_one_line(update.current_status),
            eta=update.eta,
        )

    def result(self, result: JobResult) -> None:
        self._progress.stop()
        self._console.print(_table(result, show_all=self._show_all))
        self._console.print(_summary(result), highlight=False)


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
        self._printed_at = -_LINE_SECONDS

    def started(self, job_id: str, total: int) -> None:
        self._print(f"Job {job_id}" + (f", {total} works" if total else ""))

    def update(self, update: Update) -> None:
        now = self._clock()
        if update.terminal or now - self._printed_at >= _LINE_SECONDS:
            self._printed_at = now
            self._print(f"{update.processed}/{update.total}  {_one_line(update.current_status)}")

    def result(self, result: JobResult) -> None:
        self._console.print(_table(result, show_all=self._show_all))
        self._print(_summary(result))

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class JsonDisplay(_Unframed):
    """For scripts: one JSON object a line, an `update` each, then the `result`."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def started(self, job_id: str, total: int) -> None:
        self._write({"event": "started", "job_id": job_id, "total": total})

    def update(self, update: Update) -> None:
        self._write({"event": "update", **asdict(update)})

    def result(self, result: JobResult) -> None:
        self._write({"event": "result", **result_as_json(result)})

    def _write(self, value: dict[str, Any]) -> None:
        self._out.write(json.dumps(value, ensure_ascii=False) + "\n")
        self._out.flush()


def result_as_json(result: JobResult) -> dict[str, Any]:
    """The whole result, for `--json` and `--output`."""
    counts = {"found": result.found, "not_found": result.not_found, "failed": result.failed}
    return {**asdict(result), **counts}


def _table(result: JobResult, *, show_all: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right", style="dim")
    table.add_column("work", no_wrap=True)
    table.add_column("title", max_width=44)
    table.add_column("author", max_width=26)
    table.add_column("year", justify="right")
    table.add_column("source", style="dim")
    items = result.items
    hidden = len(items) - 2 * _SHOWN_AT_EACH_END
    if show_all or hidden <= 1:
        shown: list[ResultItem | None] = list(items)
    else:
        shown = [*items[:_SHOWN_AT_EACH_END], None, *items[-_SHOWN_AT_EACH_END:]]
    for item in shown:
        if item is None:
            table.add_row("", "…", Text(f"{hidden} more: --all shows them", style="dim"), "", "", "")
        else:
            table.add_row(*_row(item))
    return table


def _row(item: ResultItem) -> tuple[Text, ...]:
    metadata = item.metadata or {}
    number, work = Text(str(item.index + 1)), Text(_one_line(item.work_id))
    if item.status != "found":
        style = "yellow" if item.status == "not_found" else "red"
        return number, work, Text(_one_line(item.reason or item.status), style=style), *(Text(""),) * 3
    authors = metadata.get("authors") or []
    more = f" +{len(authors) - 1}" if len(authors) > 1 else ""
    return (
        number,
        work,
        Text(_one_line(str(metadata.get("title", "")))),
        Text(_one_line(f"{authors[0]}{more}" if authors else "")),
        Text(str(metadata.get("firstPublishYear", ""))),
        Text(str(metadata.get("source", ""))),
    )


def _summary(result: JobResult) -> str:
    counts = f"{result.found} found, {result.not_found} not found, {result.failed} failed"
    text = f"{result.status.capitalize()}: {len(result.items)} of {result.total} works; {counts}"
    return f"{text} ({result.error})" if result.error else text


def _one_line(text: str) -> str:
    """Titles come from elsewhere: whatever could move the cursor is taken out."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
