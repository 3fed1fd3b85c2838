"""The pieces of source that are replaced to switch a mechanism off; `check_sabotage` runs the suite without each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.sabotage import SABOTAGES, Sabotage, sabotaged


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda sabotage: sabotage.name)
def test_a_mechanism_can_still_be_switched_off(tmp_path: Path, sabotage: Sabotage) -> None:
    """Its piece of source is there once, and what remains is Python."""
    sabotaged(sabotage, tmp_path)

    compile((tmp_path / sabotage.file).read_text(), sabotage.file, "exec")
