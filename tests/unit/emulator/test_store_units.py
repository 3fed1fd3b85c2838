"""What requests to DynamoDB take, by its guide."""

from __future__ import annotations

from typing import Any

import pytest

from local_emulator.store.server.record.units import item_bytes, read_units, write_units


@pytest.mark.parametrize(
    ("size", "item"),
    [
        (8, {"pk": {"S": "JOB#é"}}),
        (3, {"n": {"N": "42"}}),
        (5, {"n": {"N": "-1.234"}}),
        (3, {"n": {"N": "1000"}}),
        (2, {"b": {"BOOL": True}}),
        (2, {"x": {"NULL": True}}),
        (7, {"set": {"NS": ["1", "22"]}}),
        (2, {"z": {"N": "0"}}),
        (4, {"b": {"B": "YWJj"}}),
        (3, {"s": {"SS": ["a", "b"]}}),
        (9, {"l": {"L": [{"S": "ab"}, {"BOOL": True}]}}),
        (9, {"m": {"M": {"ab": {"S": "cd"}}}}),
    ],
)
def test_item_is_as_large_as_its_names_and_values(size: int, item: dict[str, Any]) -> None:
    """Text in UTF-8, a byte for two digits of a number, three bytes for a list or map and one for each member."""
    assert item_bytes(item) == size


@pytest.mark.parametrize(("units", "size"), [(1, 0), (1, 1024), (2, 1025), (4, 4096)])
def test_write_takes_a_unit_for_each_kilobyte_begun(units: int, size: int) -> None:
    """Twice as many in a transaction."""
    assert write_units(size) == units
    assert write_units(size, transactional=True) == 2 * units


@pytest.mark.parametrize(("units", "size"), [(1, 0), (1, 4096), (2, 4097), (3, 12_288)])
def test_read_takes_a_unit_for_each_four_kilobytes_begun(units: int, size: int) -> None:
    """Half as much where it need not be consistent, twice as much in a transaction."""
    assert read_units(size, consistent=True) == units
    assert read_units(size, consistent=False) == units / 2
    assert read_units(size, consistent=False, transactional=True) == 2 * units
