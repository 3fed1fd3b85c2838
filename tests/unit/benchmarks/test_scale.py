"""How the runs of the scale benchmark are told."""

from __future__ import annotations

from benchmarks.scale import ROWS, Load, cells, markdown

LOADS = [Load(items=100), Load(items=1000), Load(items=100, jobs=10)]


def test_ratio_is_to_the_first_column_of_the_same_round() -> None:
    """The median of the rounds' ratios; what was not measured is shown as such."""
    value, digits = ROWS["write units an item"]
    rounds = [
        {
            "100 works": {"items": 100, "write_units": 300},
            "1,000 works": {"items": 1000, "write_units": 3300},
        },
        {
            "100 works": {"items": 100, "write_units": 600},
            "1,000 works": {"items": 1000, "write_units": 6000},
        },
    ]

    assert ["4.500 (3.000–6.000)", "4.650 (3.300–6.000; 1.05 ×)", "–"] == cells(LOADS, rounds, value, digits)


def test_what_is_the_same_in_all_rounds_has_no_spread() -> None:
    """Requests are counted, and mostly are."""
    value, digits = ROWS["write units an item"]
    rounds = [{"100 works": {"items": 100, "write_units": 300}}] * 3

    assert "3.000" == cells(LOADS, rounds, value, digits)[0]


def test_columns_are_named_by_what_runs() -> None:
    """Jobs, works, and devices where they are several."""
    head = markdown("Title", [*LOADS, Load(items=5, devices=2)], []).splitlines()[3]

    assert "|  | 100 works | 1,000 works | 10 × 100 works | 5 works, 2 devices |" == head
