"""The plots of docs/benchmarks.md, drawn from results."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks import plots
from benchmarks.delivery.measure import NONE, SEQUENTIAL, Round
from benchmarks.delivery.report import TITLES
from benchmarks.delivery.rows import Value, beyond_none, figure
from benchmarks.peers import docs
from benchmarks.peers.targets import TARGETS
from benchmarks.plots import Bar

_PEER_ROWS = {"echo_p50": "echo, 1 client", "echo_50_p50": "echo, 50 clients", "push_p50": "push"}


def delivery(rounds: Sequence[Round]) -> Iterator[tuple[str, str]]:
    """Names and plots, of what was measured."""
    largest = max((name for name in rounds[0] if name.endswith("/1")), key=_items, default="")
    crowd = max((name for name in rounds[0] if name.endswith("/10")), key=_items, default="")
    works = f"{_items(largest):,} works" if largest else ""
    for name, title, scenario, value, unit, logarithmic in (
        (
            "latency",
            "From the counting of a work to the client, p50",
            SEQUENTIAL,
            figure("latency_p50"),
            "ms",
            True,
        ),
        ("bytes", f"Both ways for {works}", largest, figure("bytes", 1e-3), "KB", False),
        ("cpu", "CPU of the functions for a device", crowd, beyond_none("cpu_functions"), "s", False),
    ):
        values = _bars(rounds, scenario, value, unit)
        if values:
            yield f"delivery-{name}", plots.bars(title, values, logarithmic=logarithmic)


def peers(rounds: Sequence[Mapping[str, Mapping[str, float]]]) -> Iterator[tuple[str, str]]:
    """The emulator and its peers: medians of a message's and a push's way, by target."""
    values = []
    for group, target in enumerate(TARGETS):
        for row, title in _PEER_ROWS.items():
            found = [made[target.name][row] for made in rounds if row in made.get(target.name, {})]
            if found:
                middle = statistics.median(found)
                values.append(Bar(f"{_short(target.title)}: {title}", middle, f"{middle:.2f} ms", group))
    if values:
        yield "peers", plots.bars("Round trips and pushes, p50", values, logarithmic=True)


def show(name: str, found: Any) -> None:
    """Draws the plots of a benchmark's JSON results, and puts them into docs/benchmarks.md; some have none."""
    match name:
        case "delivery":
            pictures = dict(delivery(found["rounds"]))
        case "emulator":
            pictures = dict(peers(found["rounds"]))
        case _:
            return
    for file, svg in pictures.items():
        plots.write(file, svg)
    lines = [f"![{plots.title_of(svg)}](images/{file}.svg)\n" for file, svg in pictures.items()]
    docs.write(f"{name} pictures", "\n".join(lines))


def _bars(rounds: Sequence[Round], scenario: str, value: Value, unit: str) -> list[Bar]:
    made = []
    for way, title in TITLES.items():
        found = [one for each in rounds if (one := value(each, scenario, way)) is not None and one > 0]
        if found and way != NONE:
            middle = statistics.median(found)
            text = f"{middle:,.1f} {unit}" if middle >= 1 else f"{middle:.3f} {unit}"
            made.append(Bar(title, middle, text, int("poll" in way)))
    return made


def _items(scenario: str) -> int:
    return int(scenario.partition("/")[0])


def _short(title: str) -> str:
    return title.replace("floor: ", "")
