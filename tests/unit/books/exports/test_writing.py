"""Results as a table, for a spreadsheet: the columns, and cells that must not run."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from books.exports.writing import COLUMNS, to_csv

FOUND: dict[str, Any] = {
    "index": 0,
    "line": 2,
    "workId": "9780439023481",
    "status": "found",
    "metadata": {
        "title": "The Hunger Games",
        "authors": ["Suzanne Collins"],
        "isbn13": "9780439023481",
        "firstPublishYear": 2008,
        "subjects": ["Fiction", "Survival"],
        "source": "openlibrary",
    },
    "own": {
        "title": "The Hunger Games (The Hunger Games, #1)",
        "series": {"name": "The Hunger Games", "position": "1"},
        "rating": 4.5,
        "shelves": ["favorites", "ya"],
        "datesRead": ["2024-03-01"],
        "owned": True,
        "review": 'two\nlines, "quoted"',
    },
}


def written(*rows: dict[str, Any]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(rows), newline="")))


def test_a_result_is_a_row_of_what_was_found_and_of_the_persons_own() -> None:
    """Lists are joined; nothing is between the commas of what is not known."""
    (row,) = written(FOUND)

    assert {
        "line": "2",
        "workId": "9780439023481",
        "status": "found",
        "title": "The Hunger Games",
        "authors": "Suzanne Collins",
        "isbn13": "9780439023481",
        "year": "2008",
        "subjects": "Fiction; Survival",
        "source": "openlibrary",
        "my title": "The Hunger Games (The Hunger Games, #1)",
        "my series": "The Hunger Games #1",
        "my rating": "4.5",
        "shelves": "favorites; ya",
        "dates read": "2024-03-01",
        "owned": "yes",
        "review": 'two\nlines, "quoted"',
    } == {name: cell for name, cell in row.items() if cell}


def test_what_was_not_found_or_rejected_has_its_reason() -> None:
    """In one column, whoever gave it."""
    rows = written(
        {"line": 3, "workId": "line-3", "status": "not_found", "reason": "Nobody has it"},
        {"line": 4, "workId": "line-4", "status": "failed", "error": "Nobody answered"},
        {"line": 5, "status": "rejected", "reason": "no title and no ISBN"},
    )

    assert ["Nobody has it", "Nobody answered", "no title and no ISBN"] == [row["reason"] for row in rows]
    assert ["not_found", "failed", "rejected"] == [row["status"] for row in rows]


def test_the_table_is_rfc_4180_with_its_header_once() -> None:
    """CRLF; a part that goes on has no header."""
    assert ",".join(COLUMNS) + "\r\n" == to_csv([])
    assert "" == to_csv([], header=False)
    assert to_csv([FOUND, FOUND]) == to_csv([FOUND]) + to_csv([FOUND], header=False)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        '=HYPERLINK("http://evil.example","x")',
        " =1",
        "\t=1",
        "\tx",
        "\rx",
        "\nx",
        "\ufeff=1",
        "\uff1d1",
        "\u200b@x",
    ],
)
def test_a_cell_that_a_spreadsheet_would_run_is_made_text(text: str) -> None:
    """By an apostrophe before it, wherever the text comes from."""
    (row,) = written(
        {
            "workId": text,
            "status": "found",
            "metadata": {"title": text, "authors": ["A", text]},
            "own": {"notes": text, "shelves": [text], "series": {"name": text}},
            "reason": text,
        }
    )

    assert {"workId", "title", "notes", "shelves", "my series", "reason"} == {
        name for name, cell in row.items() if cell == f"'{text}"
    }
    assert f"A; '{text}" == row["authors"]


@pytest.mark.parametrize("text", ["Emma", "'tis", "1984", "a=b", "x\n=1", "9780439023481", ""])
def test_any_other_cell_stays_as_it_is(text: str) -> None:
    """Nothing is added where nothing would run."""
    assert text == written({"workId": text})[0]["workId"]


@pytest.mark.parametrize("value", [None, {}, {"title": "x"}, float("nan"), float("inf"), b"x"])
def test_what_is_no_cell_is_empty(value: Any) -> None:
    """Rather than a text that only a programmer understands."""
    assert "" == written({"workId": value})[0]["workId"]


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PARTS = st.dictionaries(st.sampled_from(["title", "authors", "series", "notes", "isbn13"]), JSON)


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {"workId": JSON, "metadata": PARTS | JSON, "own": PARTS | JSON, "reason": JSON}
        ),
        max_size=4,
    )
)
def test_whatever_a_result_holds_the_table_can_be_read_and_runs_nothing(rows: list[dict[str, Any]]) -> None:
    """As many rows, as many columns, and no cell that begins a formula unless it is a number."""
    text = to_csv(rows)
    read = list(csv.reader(io.StringIO(text, newline=""), strict=True))

    assert text.encode()
    assert [len(COLUMNS)] * (1 + len(rows)) == [len(row) for row in read]
    for cell in (cell for row in read[1:] for cell in row if cell):
        assert cell.lstrip()[:1] not in set("=@+") or cell[0] == "'"
        assert cell[0] != "-" or float(cell) < 0 or cell == "-0.0"
