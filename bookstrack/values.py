"""Values out of JSON that anybody may have written: of the wanted kind, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LARGEST = 2**53


def number(value: object) -> float:
    """A finite number, or 0: JSON as Python reads it may hold NaN, infinities and integers of any length."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return value if abs(value) <= _LARGEST else 0


def whole(value: object) -> int:
    """A whole number from 0 on, or 0."""
    return max(0, int(number(value)))


def seconds(value: object) -> float | None:
    """A time from 0 on, or None where there is none."""
    return max(0.0, float(number(value))) if value is not None else None


def share(value: object) -> float:
    """A number from 0 to 1."""
    return min(1.0, max(0.0, float(number(value))))


def text(value: object) -> str:
    """A text, or an empty one."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> Mapping[str, Any] | None:
    """An object, or None."""
    return value if isinstance(value, dict) else None


def listed(value: object) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []
