"""The fidelity table, as it stands in docs/emulator/fidelity.md and as `make conformance` prints it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.conformance.cases import SECTIONS, Case

DOCUMENT = Path(__file__).parents[2] / "docs/emulator/fidelity.md"
BEGIN = "<!-- Written by `make conformance`. -->"
END = "<!-- End of what `make conformance` writes. -->"


def in_document(document: str) -> str:
    """The table that a document holds.

    Raises:
        ValueError: it has no place for one.
    """
    return _split(document)[1]


def put(document: str, table: str) -> str:
    """The document with another table."""
    before, _, after = _split(document)
    return f"{before}{BEGIN}\n{table}{END}{after}"


def _split(document: str) -> tuple[str, str, str]:
    before, begin, rest = document.partition(BEGIN + "\n")
    table, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"docs/emulator/fidelity.md has no table between {BEGIN} and {END}")
    return before, table, after


def markdown(cases: Iterable[Case]) -> str:
    """A table a section."""
    lines: list[str] = []
    for letter, (title, _) in SECTIONS.items():
        lines += ["", f"## {letter}. {title}", "", "| | rule | evidence | here |", "|---|---|---|---|"]
        for case in cases:
            if case.number.startswith(letter):
                cells = (case.number, case.rule, case.evidence.value, case.fidelity)
                lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, "", ""])


def text(cases: Iterable[Case], outcomes: Mapping[str, str]) -> Iterator[str]:
    """The table for a terminal: a line a case, with what its tests came to."""
    for case in cases:
        outcome = "-" if case.uncovered else outcomes.get(case.number, "not run")
        yield f"{case.number:<4} {outcome:<8} {case.evidence.value:<11} {case.fidelity}"
        yield f"     {case.rule}"
