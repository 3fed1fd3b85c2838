"""The suite itself: that it is complete, and that its template is in order."""

from __future__ import annotations

import importlib
import os
import subprocess
from pathlib import Path

import pytest

from tests.conformance.cases import SECTIONS, Case, all_cases, cases_of
from tests.conformance.local import TEMPLATE

ROOT = Path(__file__).parents[2]
SAM = ROOT / ".venv-sam/bin/sam"


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return all_cases()


def test_every_case_is_shown_or_said_not_to_be(cases: list[Case]) -> None:
    """Each number of each section has a test, or a reason why it has none."""
    numbered = [f"{letter}{n}" for letter, (_, count) in SECTIONS.items() for n in range(1, count + 1)]

    assert numbered == [case.number for case in cases]


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("test_?_*.py")), ids=lambda it: it.stem)
def test_a_test_is_named_by_the_number_of_its_case(path: Path) -> None:
    """`test_b17_…` shows B17, in the file of its section."""
    module = importlib.import_module(f"tests.conformance.{path.stem}")
    tests = {name: value for name, value in vars(module).items() if name.startswith("test_")}

    for name, value in tests.items():
        for case in cases_of([value]):
            assert name.startswith(f"test_{case.number.lower()}_")
            assert path.stem.startswith(f"test_{case.number[0].lower()}_")


@pytest.mark.timeout(300)
def test_sam_finds_nothing_to_complain_of_in_the_template() -> None:
    """`sam validate --lint` is clean: the template can be deployed as it is."""
    command = [str(SAM), "validate", "--lint", "--region", "us-east-1", "--template", str(TEMPLATE)]
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    assert 0 == done.returncode, done.stdout + done.stderr
