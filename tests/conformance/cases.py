"""The numbered cases: what each is worth as evidence, and how the emulator compares with AWS.

A test that shows a case is marked with it; the case's rule is the test's docstring, so that it is written once:

    @case("A1", DOCUMENTED)
    async def test_a1_without_a_connect_route_everybody_may_connect(target): ...
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TypeVar, cast

import pytest

Test = TypeVar("Test", bound=Callable[..., object])


class Evidence(Enum):
    """How it is known that AWS does so."""

    DOCUMENTED = "documented"
    RECORDED = "recorded"
    """Seen in events, logs or tests recorded against AWS."""
    REPORTED = "reported"
    """By users."""
    INFERRED = "inferred"
    """To be confirmed on AWS before anybody relies on it."""
    SPECIFIED = "RFC 6455"
    MEASURED = "measured"
    """On the SDK, which is the same everywhere."""


DOCUMENTED, RECORDED, REPORTED = Evidence.DOCUMENTED, Evidence.RECORDED, Evidence.REPORTED
INFERRED, SPECIFIED, MEASURED = Evidence.INFERRED, Evidence.SPECIFIED, Evidence.MEASURED

SECTIONS = {
    "A": ("Opening a connection", 25),
    "B": ("Messages and routes", 24),
    "C": ("Time", 4),
    "D": ("Closing", 8),
    "E": ("Events", 6),
    "F": ("@connections", 15),
    "G": ("HTTP APIs and REST APIs", 12),
    "H": ("Lambda", 12),
    "I": ("Queues that invoke functions", 10),
}
"""Letter to title and number of cases."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One numbered case."""

    number: str
    """Such as `B17`."""
    rule: str
    evidence: Evidence
    simplified: str = ""
    """How the emulator falls short of AWS; empty where it does the same."""
    local: str = ""
    """Why it is shown on the emulator alone; empty where it is shown on AWS as well."""
    uncovered: str = ""
    """Why no test shows it; empty for a case with a test."""

    @property
    def fidelity(self) -> str:
        """`same as AWS`, `simplified` or `not covered`, the latter two with their reasons."""
        if self.uncovered:
            return f"not covered: {self.uncovered}"
        if self.simplified:
            return f"simplified: {self.simplified}"
        return "same as AWS, if it is as inferred" if self.evidence is INFERRED else "same as AWS"

    @property
    def place(self) -> tuple[str, int]:
        """Where it stands among all cases."""
        return self.number[0], int(self.number[1:])


def case(number: str, evidence: Evidence, *, simplified: str = "", local: str = "") -> Callable[[Test], Test]:
    """Marks a test as that of a case; the first paragraph of its docstring is the rule."""

    def mark(test: Test) -> Test:
        rule = " ".join((inspect.getdoc(test) or "").split("\n\n")[0].split())
        found = Case(number=number, rule=rule, evidence=evidence, simplified=simplified, local=local)
        marked = pytest.mark.case(found)(test)
        if evidence is INFERRED:
            marked = pytest.mark.inferred(marked)
        if evidence is REPORTED:
            marked = pytest.mark.reported(marked)
        return cast(Test, marked)

    return mark


UNCOVERED = (
    Case(
        number="A21",
        rule="Authorization is settled on `$connect`; no other route can have any.",
        evidence=DOCUMENTED,
        uncovered="AWS refuses such an API when it is deployed, so that there is nothing to run",
    ),
    Case(
        number="I7",
        rule="A message is delivered at least once: now and then twice.",
        evidence=DOCUMENTED,
        uncovered="AWS promises no duplicate at any given time, and the local queue makes none by itself",
    ),
    Case(
        number="I8",
        rule="A queue's visibility time is best six times the function's time-out.",
        evidence=DOCUMENTED,
        uncovered="advice to whoever writes a template, not behaviour",
    ),
)


def cases_of(tests: Iterable[object]) -> Iterator[Case]:
    """The cases that test functions are marked with."""
    for test in tests:
        for mark in getattr(test, "pytestmark", ()):
            if mark.name == "case":
                yield mark.args[0]


def all_cases() -> list[Case]:
    """Every case of the suite and every uncovered one, in order; several tests of one case make one."""
    marked: list[Case] = []
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.conformance.{path.stem}")
        marked.extend(cases_of(vars(module).values()))
    return merged([*marked, *UNCOVERED])


def merged(cases: Iterable[Case]) -> list[Case]:
    """One case a number, in order: the rules one after the other, and the first reason of each kind."""
    found: dict[str, Case] = {}
    for one in cases:
        known = found.get(one.number)
        found[one.number] = one if known is None else _joined(known, one)
    return sorted(found.values(), key=lambda it: it.place)


def _joined(known: Case, more: Case) -> Case:
    return replace(
        known,
        rule=f"{known.rule} {more.rule}",
        simplified=known.simplified or more.simplified,
        local=known.local or more.local,
    )
