"""The fidelity table in docs/emulator/fidelity.md."""

from __future__ import annotations

import pytest

from tests.conformance import table
from tests.conformance.cases import DOCUMENTED, INFERRED, Case, all_cases, merged


def made(number: str = "A1", **settings: str) -> Case:
    return Case(**{"number": number, "rule": "It is so.", "evidence": DOCUMENTED, **settings})  # type: ignore[arg-type]


def test_the_documentation_has_the_table_of_the_suite() -> None:
    """`make conformance` writes it anew where the suite has changed."""
    assert table.markdown(all_cases()) == table.in_document(table.DOCUMENT.read_text(encoding="utf-8"))


def test_a_case_is_one_row_however_many_tests_it_has() -> None:
    """The rules follow each other; whatever one test falls short of, the case does."""
    tests = [made("B10", rule="Third."), made(rule="First."), made(rule="Second.", simplified="not quite")]
    found = merged(tests)

    assert ["A1", "B10"] == [case.number for case in found]
    assert ("First. Second.", "simplified: not quite") == (found[0].rule, found[0].fidelity)


def test_a_row_says_how_far_the_emulator_goes() -> None:
    """The same, simplified, or not covered, with the reason."""
    rows = table.markdown([made(), made("A2", simplified="a|b"), made("A3", uncovered="no way")]).splitlines()

    assert "| A1 | It is so. | documented | same as AWS |" in rows
    assert "| A2 | It is so. | documented | simplified: a\\|b |" in rows
    assert "| A3 | It is so. | documented | not covered: no way |" in rows


def test_a_terminal_hears_what_was_run() -> None:
    """Passed, failed, or not run."""
    lines = list(table.text([made(), made("A2"), made("A3", uncovered="x")], {"A1": "passed"}))

    assert ["passed", "not", "-"] == [line.split()[1] for line in lines[::2]]


def test_the_table_is_put_between_its_marks() -> None:
    """What stands around them stays; without them nothing is written."""
    document = table.put(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n", "new\n")

    assert f"before\n{table.BEGIN}\nnew\n{table.END}\nafter\n" == document
    with pytest.raises(ValueError, match="no table"):
        table.in_document("nothing")


def test_evidence_that_is_inferred_is_marked_so() -> None:
    """So that those cases can be chosen: `pytest -m inferred`."""
    inferred = {case.number for case in all_cases() if case.evidence is INFERRED}

    assert {"A13", "B7", "F12"} <= inferred
