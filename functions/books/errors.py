"""What can go wrong while a work is looked up.

LookupFailedError
├── TransientError      another try may succeed
├── ProviderError       this provider will not answer this request
└── QuotaError          this provider will not answer today
"""

from __future__ import annotations

from collections.abc import Sequence


class LookupFailedError(Exception):
    """A provider did not answer; the text is fit for the person who asked."""


class TransientError(LookupFailedError):
    """429, 5xx, a time-out, a refused connection, an open breaker: another try may succeed.

    `after_seconds` is when, where that is known; else 0.
    """

    def __init__(self, reason: str, *, after_seconds: float = 0) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds


class ProviderError(LookupFailedError):
    """The provider refused the request, or answered what is no answer."""


class QuotaError(LookupFailedError):
    """What may be asked of the provider in a day has been asked."""


def all_of(errors: Sequence[LookupFailedError]) -> TransientError:
    """One error for those of several providers, each reason once: worth another try when the last of them is."""
    reasons = dict.fromkeys(str(error) for error in errors)
    waits = [error.after_seconds for error in errors if isinstance(error, TransientError)]
    return TransientError("; ".join(reasons), after_seconds=max(waits, default=0))
