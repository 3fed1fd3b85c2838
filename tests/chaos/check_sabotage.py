"""The suite is known to bite: without any one mechanism it fails. Takes minutes; `make chaos` runs it by its name."""

from __future__ import annotations

import pytest

from tests.chaos.sabotage import SABOTAGES, Sabotage, run_sabotaged


@pytest.mark.timeout(600)
@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda sabotage: sabotage.name)
def test_without_a_mechanism_its_promise_is_broken(sabotage: Sabotage) -> None:
    """The suite says which, and ends with status 1."""
    done = run_sabotaged(sabotage)

    assert f"  {sabotage.promise}: " in done.stdout, done.stdout + done.stderr
    assert 1 == done.returncode
