"""Whether a change has made something worse: counts and ratios of one run, beside those that are expected.

No time is among them: they hold on a busy machine too. All are such that less is better.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.delivery.figures import Figures
from benchmarks.delivery.measure import CHECK, COMPACT, JSON, NONE, SEQUENTIAL, Round

EXPECTED = Path(__file__).resolve().parents[1] / "expected.json"
TOLERANCE = 0.25
_OF_ITEMS = ("ITEM", "CACHE", "UpdateItem CHUNK")
_FRAMES_PER_SECOND = 4

Ratios = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One ratio; `expected` is None for a new one, `value` where it could not be measured."""

    name: str
    value: float | None
    expected: float | None

    @property
    def worse(self) -> bool:
        """By more than the tolerance, or missing."""
        if self.expected is None:
            return False
        return self.value is None or self.value > self.expected * (1 + TOLERANCE)


def ratios(rounds: Sequence[Round]) -> Ratios:
    """The medians of all rounds'."""
    each = [_ratios(made) for made in rounds]
    names = dict.fromkeys(name for found in each for name in found)
    return {name: statistics.median(found[name] for found in each if name in found) for name in names}


def compare(found: Mapping[str, float], expected: Mapping[str, float] | None = None) -> list[Verdict]:
    """Each ratio beside what is expected, by default what the file says."""
    wanted = json.loads(EXPECTED.read_text(encoding="utf-8")) if expected is None else expected
    return [
        Verdict(name=name, value=found.get(name), expected=wanted.get(name))
        for name in dict.fromkeys([*wanted, *found])
    ]


def write(found: Mapping[str, float]) -> None:
    """Makes them what is expected."""
    rounded = {name: round(value, 3) for name, value in found.items()}
    EXPECTED.write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")


def report(verdicts: Sequence[Verdict], out: Console) -> int:
    """Prints them; 1 where one is worse."""
    table = Table(title=f"Beside {EXPECTED.name}, {TOLERANCE:.0%} worse at most")
    for column in ("", "expected", "now", "change"):
        table.add_column(column, justify="right" if column else "left")
    for verdict in verdicts:
        shown = ["–" if value is None else f"{value:,.3f}" for value in (verdict.expected, verdict.value)]
        change = "–"
        if verdict.expected and verdict.value is not None:
            change = f"{verdict.value / verdict.expected - 1:+.0%}"
        style = "red" if verdict.worse else None
        table.add_row(verdict.name, *shown, change, style=style)
    out.print(table)
    return int(any(verdict.worse for verdict in verdicts))


def _ratios(made: Round) -> Ratios:
    scenario = made[f"{CHECK.items[0]}/1"]
    none, push, polled = scenario[NONE], scenario[JSON], scenario["poll-0.5"]

    def invoked(name: str) -> int:
        return int(push["invocations"].get(f"{name}Function", 0))

    found = {
        "bytes of a frame beside those of a poll": _per(push, "bytes", "frames_in")
        / _per(polled, "bytes", "requests"),
        "bytes to the client for a frame": _per(push, "bytes_received", "frames_in"),
        "frames beside the most of four a second": push["frames_in"]
        / (push["seconds"] * _FRAMES_PER_SECOND + 3),
        "posts for a frame and device": push["posts"] / push["frames_in"],
        "invocations for a connection, beside its frames": (invoked("Connect") + invoked("Disconnect"))
        / push["devices"],
        "invocations for a frame from the client": invoked("Message") / push["frames_out"],
        "invocations for a chunk": none["invocations"].get("EnrichChunkFunction", 0) / (none["items"] / 25),
        "table requests for an item": _of_items(none) / none["items"],
        "write units for an item": none["write_units"] / none["items"],
    }
    if COMPACT in scenario:
        compact = scenario[COMPACT]
        found["bytes of a compact frame beside those of a plain one"] = _per(
            compact, "bytes_received", "frames_in"
        ) / _per(push, "bytes_received", "frames_in")
    alone = made.get(SEQUENTIAL, {}).get(JSON, {})
    if "trips_p50" in alone:
        found["table requests from the count to the client"] = alone["trips_p50"]
    return found


def _per(figures: Figures, over: str, under: str) -> float:
    return float(figures[over]) / max(1.0, float(figures[under]))


def _of_items(figures: Figures) -> int:
    operations: Mapping[str, int] = figures["operations"]
    return sum(count for name, count in operations.items() if name.endswith(_OF_ITEMS))
