"""When a server wants to be asked again."""

from __future__ import annotations

import pytest

from bookstrack.retry_after import parse_retry_after

NOON = 1_795_521_600.0


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
        ("Tue, 99 Nov 2026 12:00:30 GMT", None),
        ("9" * 5_000, 999_999_999),
    ],
)
def test_seconds_and_dates_are_read_and_nothing_else(given: str | None, seconds: float | None) -> None:
    """RFC 9110, section 10.2.3; a date that has passed is now."""
    assert seconds == parse_retry_after(given, NOON)
