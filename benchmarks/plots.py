"""Two kinds of plots as SVG: bars, and lines over logarithmic axes. They read well on light and on dark pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"

_WIDTH = 760
_VALUE = 90
_LETTER = 7.5
"""About the width of a letter."""
_BAR, _GAP, _TOP = 22, 10, 44
_COLOURS = ("#2f81f7", "#d29922", "#3fb950", "#f778ba", "#a371f7", "#db6d28")
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#57606a}.title{font-weight:600}.axis{stroke:#8c959f;stroke-opacity:.35}"
    "@media(prefers-color-scheme:dark){text{fill:#adbac7}}"
)


@dataclass(frozen=True)
class Bar:
    """One value, greater than 0 on a logarithmic axis; `text` is what stands beside it."""

    label: str
    value: float
    text: str
    group: int = 0
    """Bars of a group have a colour."""


@dataclass(frozen=True)
class Line:
    """Points from left to right, all greater than 0."""

    label: str
    points: Sequence[tuple[float, float]]


def bars(title: str, values: Sequence[Bar], *, logarithmic: bool = False) -> str:
    """Horizontal bars, one below the other."""
    left = 16 + _LETTER * max(len(bar.label) for bar in values)
    room = _WIDTH - left - _VALUE
    greatest = max(bar.value for bar in values)
    # On a logarithmic axis the least is a bar still.
    floor = min(bar.value for bar in values) / 2
    parts = []
    for place, bar in enumerate(values):
        top = _TOP + place * (_BAR + _GAP)
        share = (
            math.log(bar.value / floor) / math.log(greatest / floor) if logarithmic else bar.value / greatest
        )
        width = max(2.0, share * room)
        middle = top + _BAR * 0.72
        parts += [
            _text(left - 8, middle, bar.label, anchor="end"),
            f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{_BAR}" rx="3"'
            f' fill="{_COLOURS[bar.group % len(_COLOURS)]}"/>',
            _text(left + width + 8, middle, bar.text),
        ]
    note = " (logarithmic)" if logarithmic else ""
    return _svg(title + note, _TOP + len(values) * (_BAR + _GAP), parts)


def lines(title: str, across: str, series: Sequence[Line]) -> str:
    """Lines over two logarithmic axes; `across` says what is on the lower one."""
    height, left, right, bottom = 360, 70, 24, 64
    points = [point for line in series for point in line.points]
    low_x, high_x = (bound([x for x, _ in points]) for bound in (min, max))
    low_y = 10.0 ** math.floor(math.log10(min(y for _, y in points)))
    high_y = 10.0 ** math.ceil(math.log10(max(y for _, y in points)))

    def place(x: float, y: float) -> tuple[float, float]:
        along = math.log(x / low_x) / math.log(high_x / low_x)
        up = math.log(y / low_y) / math.log(high_y / low_y)
        return left + along * (_WIDTH - left - right), height - bottom - up * (height - bottom - _TOP)

    parts = []
    for exponent in range(round(math.log10(low_y)), round(math.log10(high_y)) + 1):
        _, y = place(low_x, 10.0**exponent)
        parts.append(f'<line class="axis" x1="{left}" y1="{y:.1f}" x2="{_WIDTH - right}" y2="{y:.1f}"/>')
        parts.append(_text(left - 8, y + 4, _power(exponent), anchor="end"))
    for exponent in range(math.ceil(math.log10(low_x)), math.floor(math.log10(high_x)) + 1):
        x, _ = place(10.0**exponent, low_y)
        parts.append(_text(x, height - bottom + 18, _power(exponent), anchor="middle"))
    parts.append(_text((left + _WIDTH - right) / 2, height - bottom + 36, across, anchor="middle"))
    for number, line in enumerate(series):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in line.points))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        across_x = left + number * (_WIDTH - left) / len(series)
        parts.append(
            f'<rect x="{across_x:.0f}" y="{height - 16}" width="12" height="12" rx="2" fill="{colour}"/>'
        )
        parts.append(_text(across_x + 18, height - 5, line.label))
    return _svg(title, height, parts)


def write(name: str, svg: str, folder: Path = IMAGES) -> None:
    """Puts a plot among the pictures of the pages."""
    (folder / f"{name}.svg").write_text(svg, encoding="utf-8")


def _power(exponent: int) -> str:
    return f"{10**exponent:,}" if exponent >= 0 else f"{10.0**exponent:g}"


def title_of(svg: str) -> str:
    """What a plot is called."""
    return unescape(svg.partition('aria-label="')[2].partition('"')[0])


def _text(x: float, y: float, content: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" role="img"'
        f' aria-label="{escape(title)}">\n<style>{_STYLE}</style>\n'
    )
    name = f'<text class="title" x="8" y="24">{escape(title)}</text>'
    return head + "\n".join([name, *parts]) + "\n</svg>\n"
