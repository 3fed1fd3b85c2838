"""ISBN-10 and ISBN-13, checked."""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015]")


def parse_isbn(text: str) -> str | None:
    """The ISBN-13 that a text is, hyphens and spaces allowed, either length; None if its check digit says no.

    >>> parse_isbn("0-439-02348-3")
    '9780439023481'
    """
    plain = _SEPARATORS.sub("", text).upper()
    if not plain.isascii():
        return None
    if len(plain) == 13 and plain.isdigit() and plain[:3] in ("978", "979"):
        return plain if _check_digit_13(plain[:12]) == plain[12] else None
    if len(plain) == 10 and plain[:9].isdigit():
        return _to_13(plain) if _check_digit_10(plain[:9]) == plain[9] else None
    return None


def looks_like_isbn(text: str) -> bool:
    """Whether a text is meant as an ISBN, right or wrong: ten or thirteen digits (or a final X)."""
    return re.fullmatch(r"\d{9}[\dX]|\d{13}", _SEPARATORS.sub("", text).upper(), re.ASCII) is not None


def isbn10(isbn13: str) -> str | None:
    """The ISBN-10 of an ISBN-13, which only those of prefix 978 have."""
    if not isbn13.startswith("978"):
        return None
    return isbn13[3:12] + _check_digit_10(isbn13[3:12])


def _to_13(isbn: str) -> str:
    body = "978" + isbn[:9]
    return body + _check_digit_13(body)


def _check_digit_13(digits: str) -> str:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return str(-total % 10)


def _check_digit_10(digits: str) -> str:
    rest = -sum(int(digit) * (10 - place) for place, digit in enumerate(digits)) % 11
    return "X" if rest == 10 else str(rest)
