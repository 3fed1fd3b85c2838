"""The figures of all rounds, as tables: for a person at a terminal, and for docs/benchmarks.md."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.table import Table

from benchmarks.peers import docs
from benchmarks.peers.rows import ROWS, Row
from benchmarks.peers.targets import TARGETS

FLOOR = "floor-ric"

_TITLES = {target.name: target.title for target in TARGETS}


@dataclass(kw_only=True)
class Results:
    """What came of a run. `rounds` holds the figures of each round by target and row."""

    command: str
    machine: str
    versions: Mapping[str, str]
    rounds: list[dict[str, dict[str, float]]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    """Why a target, or a round of it, is missing."""

    def names(self) -> list[str]:
        """The targets that were measured, in order."""
        return [name for name in _TITLES if any(name in figures for figures in self.rounds)]

    def values(self, name: str, row: str) -> list[float]:
        """A figure's values, a round each."""
        return [figures[name][row] for figures in self.rounds if row in figures.get(name, {})]

    def ratio(self, name: str, row: str) -> float | None:
        """The median of the rounds' ratios to the floor: what a round's neighbours had in common cancels out."""
        ratios = self.ratios(name, row)
        return statistics.median(ratios) if ratios else None

    def ratios(self, name: str, row: str) -> list[float]:
        """Those of the rounds, the least first."""
        return sorted(
            figures[name][row] / figures[FLOOR][row]
            for figures in self.rounds
            if row in figures.get(name, {}) and figures.get(FLOOR, {}).get(row)
        )


def table(results: Results) -> Table:
    """Medians with the least and the greatest value, and the ratios."""
    names = results.names()
    made = Table(title=f"Medians of {len(results.rounds)} rounds (least–greatest), × floor: awslambdaric")
    made.add_column("")
    for name in names:
        made.add_column(_TITLES[name], justify="right")
    for key, row in ROWS.items():
        unit = f", {row.unit}" if row.unit else ""
        made.add_row(f"{row.title}{unit}", *(_cell(results, name, key, row) for name in names))
    return made


def _cell(results: Results, name: str, key: str, row: Row) -> str:
    values = results.values(name, key)
    if not values:
        return "–"
    cell = docs.spread(values, row.digits)
    ratio = results.ratio(name, key)
    return cell if ratio is None or name == FLOOR else f"{cell}  {ratio:.2f}×"


def markdown(results: Results) -> str:
    """Ratios to the floor, which alone is given in units: only ratios carry over to another machine."""
    others = [name for name in results.names() if name != FLOOR]
    lines = [
        f"`{results.command}`, medians of {len(results.rounds)} rounds (least–greatest), {results.machine}; "
        + "; ".join(results.versions.values())
        + ".",
        "",
        _line(["", f"better | {_TITLES[FLOOR]}", *(_TITLES[name] for name in others)]),
        _line(["---", "--- | ---:", *("---:" for _ in others)]),
    ]
    for key, row in ROWS.items():
        values = results.values(FLOOR, key)
        floor = f"{docs.spread(values, row.digits)} {row.unit}".strip() if values else "–"
        cells = [_ratio(results.ratios(name, key)) for name in others]
        lines.append(_line([row.title, f"{row.better} | {floor}", *cells]))
    lines += [f"\n{_TITLES.get(name, name)}: {reason}" for name, reason in results.left_out.items()]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _ratio(ratios: Sequence[float]) -> str:
    return f"{docs.spread(ratios, 2)} ×" if ratios else "–"
