"""DynamoDB's units, by its guide: "Item sizes and formats" and "Read and write operations".

An item's size is that of its attributes' names and values, in UTF-8; numbers take a byte for two digits and one more;
a list or map takes three bytes and one for each member. Of the sizes, what is written counts in steps of 1 KB, and
what is read in steps of 4 KB, half as much where the read need not be consistent; in a transaction all counts twice.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping
from typing import Any

_KB = 1024


def item_bytes(item: Mapping[str, Any]) -> int:
    """The size of an item in DynamoDB's JSON, `{name: {"S": …}, …}`."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def write_units(size: int, *, transactional: bool = False) -> int:
    """What a write of so many bytes takes; the larger of before and after counts, and nothing counts as one."""
    return max(1, math.ceil(size / _KB)) * (2 if transactional else 1)


def read_units(size: int, *, consistent: bool, transactional: bool = False) -> float:
    """What a read of so many bytes takes: of one item, or of all that a query looked at, together."""
    units = max(1, math.ceil(size / (4 * _KB)))
    if transactional:
        return units * 2
    return float(units) if consistent else units / 2


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_bytes(content)
        case "B":
            return len(base64.b64decode(content))
        case "SS":
            return sum(len(member.encode()) for member in content)
        case "NS":
            return sum(_number_bytes(member) for member in content)
        case "BS":
            return sum(len(base64.b64decode(member)) for member in content)
        case "L":
            return _members_bytes(_value_bytes(member) for member in content)
        case "M":
            return _members_bytes(
                len(name.encode()) + _value_bytes(member) for name, member in content.items()
            )
        case _:
            return 1


def _members_bytes(sizes: Iterable[int]) -> int:
    found = list(sizes)
    return 3 + len(found) + sum(found)


def _number_bytes(text: str) -> int:
    digits = text.lstrip("-").replace(".", "").strip("0")
    return min(21, math.ceil(len(digits) / 2) + 1 + text.startswith("-"))
