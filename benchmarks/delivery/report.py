"""The results as tables: for a person at a terminal, and for the pages."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from benchmarks.delivery.measure import COMPACT, JSON, NONE, SEQUENTIAL, Results
from benchmarks.delivery.rows import BEYOND, HELD_BACK, WATCHED, Row, medians, targets
from benchmarks.peers import docs

TITLES = {
    NONE: "nobody",
    JSON: "push",
    COMPACT: "push, compact",
    "poll-0.5": "polling, 0.5 s",
    "poll-1": "polling, 1 s",
    "poll-2": "polling, 2 s",
}
Part = tuple[str, Sequence[Row], str]


def parts(results: Results) -> list[Part]:
    """A title, rows and a scenario for each table that there are figures for."""
    found: list[Part] = []
    for scenario in dict.fromkeys(name for made in results.rounds for name in made):
        items, _, devices = scenario.partition("/")
        if scenario == SEQUENTIAL:
            found.append(("Each work slower than the window: nothing is held back", HELD_BACK, scenario))
        elif devices == "1":
            found.append((f"{int(items):,} works, one device", WATCHED, scenario))
        else:
            found.append((f"{int(items):,} works, {devices} devices: what each takes", BEYOND, scenario))
    return found


def tables(results: Results) -> list[Table]:
    """Medians, with the least and the greatest value, and the targets."""
    made = []
    for title, rows, scenario in parts(results):
        ways = _ways(results, rows, scenario)
        table = Table(title=f"{title}; medians of {len(results.rounds)} rounds (least–greatest)")
        table.add_column("")
        for way in ways:
            table.add_column(TITLES[way], justify="right")
        for row in rows:
            table.add_row(row.title, *(_cell(results, row, scenario, way) for way in ways))
        made.append(table)
    return [*made, _target_table(results)]


def markdown(results: Results) -> str:
    """The tables for docs/benchmarks.md."""
    text = []
    for title, rows, scenario in parts(results):
        ways = _ways(results, rows, scenario)
        text += [f"### {title}", "", _line(["", *(TITLES[way] for way in ways)])]
        text.append(_line(["---", *("---:" for _ in ways)]))
        text += [_line([row.title, *(_cell(results, row, scenario, way) for way in ways)]) for row in rows]
        text.append("")
    text += [f"{TITLES[way]}: left out, since {reason}." for way, reason in results.left_out.items()]
    return "\n".join(text).rstrip() + "\n"


def target_markdown(results: Results) -> str:
    """The targets, and what came of them."""
    lines = [_line(["", "target", "measured", ""]), _line(["---", "---:", "---:", "---"])]
    lines += [
        _line([target.title, target.wanted, target.figure, "met" if target.met else "**missed**"])
        for target in targets(results.rounds)
    ]
    return "\n".join(lines) + "\n"


def _target_table(results: Results) -> Table:
    table = Table(title="Targets")
    for column in ("", "target", "measured", ""):
        table.add_column(column, justify="left" if not column else "right")
    for target in targets(results.rounds):
        table.add_row(
            target.title, target.wanted, target.figure, "met" if target.met else "[red]missed[/red]"
        )
    return table


def _ways(results: Results, rows: Sequence[Row], scenario: str) -> list[str]:
    return [way for way in TITLES if any(medians(results.rounds, row, scenario, way) for row in rows)]


def _cell(results: Results, row: Row, scenario: str, way: str) -> str:
    values = medians(results.rounds, row, scenario, way)
    return docs.spread(values, row.digits) if values else "–"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
