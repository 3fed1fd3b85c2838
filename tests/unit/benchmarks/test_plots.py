"""Plots as SVG."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import plots
from benchmarks.plots import Bar, Line

SVG = "{http://www.w3.org/2000/svg}"


def widths(svg: str) -> list[float]:
    return [float(rect.attrib["width"]) for rect in ElementTree.fromstring(svg).iter(f"{SVG}rect")]


def test_bars_are_as_long_as_their_values() -> None:
    """The greatest takes all the room."""
    long, short = widths(plots.bars("Title", [Bar("a", 10, "10 ms"), Bar("b", 5, "5 ms")]))

    assert long == pytest.approx(2 * short, abs=0.2)


def test_logarithmic_bars_show_the_least_too() -> None:
    """And say what they are."""
    svg = plots.bars("Title", [Bar("a", 1000, "1 s"), Bar("b", 1, "1 ms")], logarithmic=True)

    assert min(widths(svg)) > 20
    assert "Title (logarithmic)" in svg


def test_lines_keep_within_the_picture() -> None:
    """Each point of each line."""
    svg = plots.lines("Title", "jobs", [Line("a", [(1, 0.5), (100, 90)]), Line("b", [(1, 2), (10_000, 7)])])
    root = ElementTree.fromstring(svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    points = [
        tuple(map(float, point.split(",")))
        for line in root.iter(f"{SVG}polyline")
        for point in line.attrib["points"].split()
    ]

    assert len(points) == 4
    assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
    assert {"1", "10", "100", "10,000"} <= set(re.findall(r">([\d,.]+)<", svg))


def test_names_are_text_and_nothing_else(tmp_path: Path) -> None:
    """Whatever signs are in them."""
    plots.write("plot", plots.bars("<&>", [Bar('"<b>', 1, "&")]), tmp_path)

    root = ElementTree.fromstring((tmp_path / "plot.svg").read_text())
    assert ["<&>", '"<b>', "&"] == [text.text for text in root.iter(f"{SVG}text")]
