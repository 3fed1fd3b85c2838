"""What can go wrong while a work is looked up.

LookupFailedError
├── TransientError      another try may succeed
└── ProviderError       this provider will not answer this request
"""

from __future__ import annotations


class LookupFailedError(Exception):
    """A provider did not answer; the text is fit for the person who asked."""


class TransientError(LookupFailedError):
    """429, 5xx, a time-out, a refused connection, an open breaker: another try may succeed."""


class ProviderError(LookupFailedError):
    """The provider refused the request, or answered what is no answer."""
