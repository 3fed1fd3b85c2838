"""Titles that carry their series: "Catching Fire (The Hunger Games, #2)"."""

from __future__ import annotations

import re

_KINDS = re.compile(r"(?:^|,? )(?:book|bk\.?|mix|no\.?|part|vol\.?|volume|tome|band|teil)$", re.IGNORECASE)


def split_series(title: str) -> tuple[str, dict[str, str] | None]:
    """The title alone, and `{name, position}`. Brackets without a number belong to the title.

    >>> split_series("Catching Fire (The Hunger Games, #2)")
    ('Catching Fire', {'name': 'The Hunger Games', 'position': '2'})
    """
    plain = " ".join(title.split())
    start = _last_bracket(plain)
    alone = plain[:start].rstrip()
    if not alone:
        return plain, None
    # Some are of several series, "(Robot, #4; Foundation, #0.5)": the first is the nearest.
    name, number, position = plain[start + 1 : -1].split(";")[0].rpartition("#")
    series = _KINDS.sub("", name.rstrip(" ,")).rstrip(" ,")
    if not number or not series or not re.match(r"[0-9.]", position):
        return plain, None
    return alone, {"name": series, "position": position.strip()}


def _last_bracket(title: str) -> int:
    """Where the bracket opens that the title's last character closes; 0 if it closes none. A series may have brackets
    in its name."""
    depth = 0
    if title.endswith(")"):
        for index in range(len(title) - 1, -1, -1):
            depth += {")": 1, "(": -1}.get(title[index], 0)
            if depth == 0:
                return index
    return 0
