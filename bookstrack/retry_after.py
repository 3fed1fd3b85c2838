"""`Retry-After` (RFC 9110, section 10.2.3): a number of seconds, or a date."""

from __future__ import annotations

from email.utils import parsedate_to_datetime


def parse_retry_after(given: str | None, now: float) -> float | None:
    """Seconds from `now`, a Unix time; None where it says nothing that can be read."""
    if not given:
        return None
    if given.isascii() and given.isdigit():
        return float(given[:9])
    try:
        return max(0.0, parsedate_to_datetime(given).timestamp() - now)
    except (ValueError, OverflowError):
        return None
