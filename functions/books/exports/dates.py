"""Dates as exports and spreadsheets write them, to ISO 8601.

A date may be a whole one, a month or a year. Where a date that has slashes and the year last can be read both ways, it
is taken as American, because that is what spreadsheets make of exports.
"""

from __future__ import annotations

import datetime
import re

_LONGEST = 2_000
"""Characters of dates in a cell; more is no date."""
_ISO = re.compile(r"([12][0-9]{3})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[T ][0-9]{1,2}:.*)?", re.ASCII)
_COMPACT = re.compile(r"([12][0-9]{3})([0-9]{2})([0-9]{2})", re.ASCII)
_YEAR_LAST = re.compile(
    r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([12][0-9]{3}|[0-9]{2})(?: [0-9]{1,2}:.*)?", re.ASCII
)
_MONTH = re.compile(r"([12][0-9]{3})[-/.]([0-9]{1,2})", re.ASCII)
_YEAR = re.compile(r"[12][0-9]{3}", re.ASCII)
_WORDS = re.compile(
    r"(?:([0-9]{1,2})(?:st|nd|rd|th)?\.? )?([a-z]{3,9})\.?(?: ([0-9]{1,2})(?:st|nd|rd|th)?)?,? ([12][0-9]{3})"
)
_NAMES_OF_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES_OF_MONTHS, 1)}
_IN_RANGE = re.compile(
    r"[12][0-9]{3}([-/.])[0-9]{1,2}\1[0-9]{1,2}|[0-9]{1,2}([-/.])[0-9]{1,2}\2[12][0-9]{3}|[12][0-9]{3}/[0-9]{1,2}"
    r"|[12][0-9]{3}",
    re.ASCII,
)


def date(text: str) -> str | None:
    """`2024-03-01`, `2024-03` or `2024`; None if it is no date.

    >>> date("2024/3/1"), date("3/1/2024"), date("[2024-03-01]")
    ('2024-03-01', '2024-03-01', '2024-03-01')
    """
    plain = " ".join(text[:_LONGEST].split()).strip("[] ")
    if match := _ISO.fullmatch(plain):
        return _whole(match[1], match[3], match[4])
    if match := _COMPACT.fullmatch(plain):
        return _whole(match[1], match[2], match[3])
    if match := _YEAR_LAST.fullmatch(plain):
        return _year_last(match)
    if match := _MONTH.fullmatch(plain):
        return f"{match[1]}-{int(match[2]):02}" if 1 <= int(match[2]) <= 12 else None
    if _YEAR.fullmatch(plain):
        return plain
    return _in_words(plain)


def dates(text: str) -> list[str]:
    """Several dates, and ranges as `2023-05-23/2023-06-07`, in the order of the cell. What is none is left out."""
    if len(text) > _LONGEST:
        return []
    if whole := date(text):
        return [whole]
    parts = (_date_or_range(part) for part in re.split(r"[,;|]", text.strip("[] ")))
    return [part for part in parts if part]


def _date_or_range(text: str) -> str | None:
    if single := date(text):
        return single
    found = [date(match[0]) for match in _IN_RANGE.finditer(text)]
    match [each for each in found if each]:
        case [only]:
            return only
        case [start, end]:
            return f"{start}/{end}"
    return None


def _whole(year: str, month: str, day: str) -> str | None:
    try:
        return datetime.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _year_last(match: re.Match[str]) -> str | None:
    first, separator, second, year = match.groups()
    century = "" if len(year) == 4 else "19" if int(year) >= 70 else "20"
    day_first = separator == "." or int(first) > 12
    month, day = (second, first) if day_first else (first, second)
    return _whole(century + year, month, day)


def _in_words(text: str) -> str | None:
    match = _WORDS.fullmatch(text.lower())
    month = _MONTHS.get(match[2][:3]) if match else None
    if match is None or month is None:
        return None
    day = match[1] or match[3]
    return _whole(match[4], str(month), day) if day else f"{match[4]}-{month:02}"
