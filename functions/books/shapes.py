"""Reading other people's JSON: a field is what it should be, or it is not there."""

from __future__ import annotations

from typing import Any


def text(value: object) -> str | None:
    """A text that is not blank."""
    return value.strip() or None if isinstance(value, str) else None


def texts(value: object) -> list[str]:
    """The texts of a list."""
    return [entry for entry in value if isinstance(entry, str) and entry] if isinstance(value, list) else []


def whole(value: object) -> int | None:
    """A whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def mapping(value: object) -> dict[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def names(value: object) -> list[str]:
    """The names of a list of objects that have one."""
    return [name for entry in mappings(value) if (name := text(entry.get("name")))]
