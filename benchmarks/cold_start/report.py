"""The tables: on a terminal, and in docs/benchmarks.md."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from rich.table import Table

from benchmarks.cold_start.invoking import Invocations
from benchmarks.cold_start.needs import NEEDS, POSTS, Times
from benchmarks.peers import docs

_TARGET = 1.25
Rows = list[list[str]]
"""The head first."""


def ready(times: Times) -> Rows:
    """Each handler, with the clients that it makes."""
    return [
        _head("SDK clients"),
        *([name, ", ".join(NEEDS[name]), *_figures(taken)] for name, taken in times.items()),
    ]


def answered(found: Invocations) -> Rows:
    """Each handler, with the requests that it makes."""
    rows = [_head("requests")]
    for name, taken in found.times.items():
        made = [f"{number} {service}" for service, number in found.requests[name].items()]
        rows.append([name, ", ".join([*made, *(["1 post"] if name in POSTS else [])]), *_figures(taken)])
    return rows


def table(rows: Rows, *, title: str) -> Table:
    """For a terminal."""
    head, *rest = rows
    made = Table(title=title)
    for place, column in enumerate(head):
        made.add_column(column, justify="left" if place < 2 else "right")
    for row in rest:
        made.add_row(*row)
    return made


def markdown(rows: Rows) -> str:
    """For the document."""
    head, *rest = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "| --- | --- | ---: | ---: | ---: | --- |", *rest]) + "\n"


def _head(what: str) -> list[str]:
    return ["", what, "floor, ms", "handler, ms", "× floor", f"≤ {_TARGET}"]


def _figures(taken: Sequence[tuple[float, float]]) -> list[str]:
    floors, own = zip(*taken, strict=True)
    ratios = [one / base for base, one in taken]
    return [
        f"{statistics.median(floors):.0f}",
        f"{statistics.median(own):.0f}",
        docs.spread(ratios, 2),
        "met" if statistics.median(ratios) <= _TARGET else "missed",
    ]
