"""How the benchmarks' figures are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.peers import docs, report
from benchmarks.peers.report import FLOOR, Results
from benchmarks.peers.rows import percentile


@pytest.fixture
def results() -> Results:
    made = Results(
        command="the command", machine="a machine", versions={FLOOR: "floor 1", "emulator": "this revision"}
    )
    made.rounds = [
        {FLOOR: {"echo_p50": 1.0, "connect_serial": 100.0}, "emulator": {"echo_p50": 2.0}},
        {FLOOR: {"echo_p50": 10.0}, "emulator": {"echo_p50": 11.0}},
        {FLOOR: {"echo_p50": 1.0}, "emulator": {"echo_p50": 1.2}},
    ]
    made.left_out = {"ministack": "pip says no"}
    return made


def test_ratio_is_taken_within_a_round(results: Results) -> None:
    """A round in which everything was slow counts as much as the others."""
    assert results.ratio("emulator", "echo_p50") == pytest.approx(1.2)


def test_figure_that_is_missing_has_no_ratio(results: Results) -> None:
    """What was not measured is shown as such."""
    assert results.ratio("emulator", "connect_serial") is None
    assert "| connections, one by one | more | 100 1/s | – |" in report.markdown(results)


def test_markdown_names_what_was_left_out(results: Results) -> None:
    """A peer that could not be had is said so."""
    text = report.markdown(results)

    assert "| echo round trip, 1 client, p50 | less | 1.00 (1.00–10.00) ms | 1.20 (1.10–2.00) × |" in text
    assert "ministack: pip says no" in text


def test_percentile_is_a_value_that_occurred() -> None:
    """The largest one stands for the last."""
    assert percentile([3, 1, 2], 50) == 2
    assert percentile([3, 1, 2], 99) == 3


def test_docs_keep_what_stands_around_the_figures(tmp_path: Path) -> None:
    """Only what is between a section's markers is replaced, again and again."""
    page = tmp_path / "page.md"
    page.write_text("# Title\n<!-- a -->\nold\n<!-- end of a -->\nrest\n")

    docs.write("a", "new\n", page)
    docs.write("a", "newer\n", page)

    assert page.read_text() == "# Title\n<!-- a -->\nnewer\n<!-- end of a -->\nrest\n"
    with pytest.raises(ValueError, match="lacks the markers"):
        docs.write("b", "new\n", page)
