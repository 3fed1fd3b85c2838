"""The page about faults says what the code does."""

from __future__ import annotations

from pathlib import Path

import yaml

from local_emulator.faults.rules import parse
from local_emulator.faults.vocabulary import PLACES

PAGE = (Path(__file__).parents[3] / "docs" / "emulator" / "faults.md").read_text(encoding="utf-8")


def test_table_has_every_place_action_and_setting() -> None:
    """And no others, each action under its place with its settings."""
    described: dict[str, dict[str, set[str]]] = {}
    attributes: dict[str, set[str]] = {}
    section = PAGE.partition("## Where")[2].partition("\n## ")[0]
    place = ""
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) != 5 or cells[0] in ("`where`", "---"):
            continue
        if cells[0]:
            place = cells[0].split("`")[1]
            attributes[place] = set(cells[1].split("`")[1::2])
        described.setdefault(place, {})[cells[2].strip("`")] = set(cells[3].split("`")[1::2])

    assert {
        where: {action: {setting.name for setting in settings} for action, settings in place.actions.items()}
        for where, place in PLACES.items()
    } == described
    assert {where: set(place.attributes) for where, place in PLACES.items()} == attributes


def test_example_can_be_used() -> None:
    """The file at the top of the page is read as it stands."""
    example = PAGE.partition("```yaml\n")[2].partition("```")[0]

    assert 3 == len(parse(yaml.safe_load(example)))
