"""Results are read whatever is in them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookstrack.results import parse_rejected, parse_result, parse_spines, parse_started
from bookstrack.types import RejectedRow

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
CANDIDATE = st.fixed_dictionaries({}, optional=dict.fromkeys(["metadata", "score"], JSON))
SPINE = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(["title", "metadata", "confidence", "authorConfirmed", "text", "spine"], JSON),
        "box": JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(["x1", "x2", "y1", "y2"], JSON)),
        "candidates": JSON | st.lists(CANDIDATE, max_size=2),
    },
)
RESULT = st.fixed_dictionaries(
    {"index": JSON, "workId": JSON, "status": JSON},
    optional=dict.fromkeys(["metadata", "reason", "error", "line", "own"], JSON),
)


@given(st.lists(SPINE, max_size=3), st.lists(SPINE, max_size=3))
def test_any_spine_has_a_box_on_the_photo_and_shares_that_are_shares(
    books: list[Any], open_: list[Any]
) -> None:
    """So that whoever draws or sorts them need not look again."""
    found, suggested = parse_spines({"books": books, "suggestions": open_})

    assert (len(books), len(open_)) == (len(found), len(suggested))
    for box in [*(book.box for book in found), *(spine.box for spine in suggested)]:
        assert 0 <= box.x1 <= box.x2 <= 1
        assert 0 <= box.y1 <= box.y2 <= 1
    assert all(0 <= book.confidence <= 1 for book in found)
    assert all(0 <= each.score <= 1 for spine in suggested for each in spine.candidates)


@given(JSON, JSON)
def test_results_of_a_scan_that_are_no_lists_are_none(books: Any, suggestions: Any) -> None:
    """Rather than an error: another server may have something else there."""
    found, suggested = parse_spines({"books": books, "suggestions": suggestions})

    assert len(found) <= len(books if isinstance(books, list) else [])
    assert len(suggested) <= len(suggestions if isinstance(suggestions, list) else [])


@given(RESULT)
def test_any_result_is_read(item: dict[str, Any]) -> None:
    """What is of the wrong kind counts as absent."""
    read = parse_result(item)

    assert read.reason is None or read.reason
    assert read.line is None or read.line
    assert read.own is None or item["own"] == read.own


def test_a_result_without_a_work_is_none() -> None:
    """It belongs to another protocol."""
    with pytest.raises(ValueError, match="workId"):
        parse_result({"index": 0, "status": "found"})


@given(JSON | st.lists(st.fixed_dictionaries({}, optional={"line": JSON, "reason": JSON}), max_size=3))
def test_any_rejected_rows_are_read(rows: Any) -> None:
    """A row without a reason is a rejected row all the same."""
    wanted = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    assert len(wanted) == len(parse_rejected(rows))


def test_a_start_is_answered_with_a_job_and_its_rejected_rows() -> None:
    """Without these it is no answer to a start."""
    read = parse_started(
        {"jobId": "x", "totalItems": 2, "rejectedRows": [{"line": 3, "reason": "empty"}]}, "import"
    )

    assert ("x", 2, "import", (RejectedRow(line=3, reason="empty"),)) == (
        read.job_id,
        read.total,
        read.kind,
        read.rejected,
    )
    with pytest.raises(ValueError, match="jobId"):
        parse_started({"totalItems": 2}, "import")
