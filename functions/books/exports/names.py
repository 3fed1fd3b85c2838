"""Names of authors, to "Given Surname", however a program joins them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from books.exports.columns import GOODREADS, LIBRARYTHING, STORYGRAPH

_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md"})
_PARTICLES = frozenset(
    {"van", "von", "de", "der", "den", "du", "da", "di", "la", "le", "ten", "ter", "zu", "bin", "al"}
)


def authors(cell: str, format_name: str) -> list[str]:
    """The authors of a column of authors.

    Goodreads has one, StoryGraph joins by commas, LibraryThing by bars and turns the names round. Anyone else may do
    any of it.
    """
    if format_name == GOODREADS:
        return distinct([cell])
    if format_name == STORYGRAPH:
        return joined_by_commas(cell)
    if format_name == LIBRARYTHING:
        return distinct(_turned(part) for part in cell.split("|"))
    return distinct(name for part in _split_plainly(cell) for name in _guess(part))


def joined_by_commas(cell: str) -> list[str]:
    """Names with a comma between, but none before a "Jr."."""
    names: list[str] = []
    may_take_suffix = False
    for part in map(_spaced, cell.split(",")):
        if may_take_suffix and _is_suffix(part):
            names[-1] += f" {part}"
            may_take_suffix = False
        else:
            names.append(part)
            may_take_suffix = True
    return distinct(names)


def distinct(names: Iterable[str]) -> list[str]:
    """Without runs of spaces, blanks and repetitions, in their order."""
    return list(dict.fromkeys(spaced for name in names if (spaced := _spaced(name))))


def _split_plainly(cell: str) -> list[str]:
    return re.split(r"[;|\n]| & | and ", _collapse_within_lines(cell))


def _collapse_within_lines(cell: str) -> str:
    return "\n".join(_spaced(line) for line in cell.split("\n"))


def _guess(part: str) -> list[str]:
    """Commas either join names or turn one round; what stands on both sides tells which."""
    if "," not in part:
        return [part]
    halves = [_spaced(half) for half in part.split(",")]
    if len(halves) == 2 and all(halves) and _looks_turned(*halves):
        return [_turned(part)]
    return joined_by_commas(part)


def _looks_turned(surname: str, given: str) -> bool:
    if _is_suffix(given):
        return False
    words = surname.split()
    return (
        len(words) == 1
        or len(given.split()) == 1
        or words[0].casefold() in _PARTICLES
        or re.search(r"\b\w\.$", given) is not None
    )


def _turned(name: str) -> str:
    """ "Surname, Given, Jr." to "Given Surname Jr."; a name without comma stays."""
    surname, *rest = (_spaced(part) for part in name.split(","))
    suffixes = [part for part in rest if _is_suffix(part)]
    return _spaced(" ".join([*(part for part in rest if not _is_suffix(part)), surname, *suffixes]))


def _is_suffix(part: str) -> bool:
    return part.casefold().replace(".", "") in _SUFFIXES


def _spaced(text: str) -> str:
    return " ".join(text.split())
