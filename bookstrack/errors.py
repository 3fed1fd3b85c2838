"""What can go wrong, as one tree.

BooksTrackError
├── InvalidUrlError     the address is none
├── InputError          what was given cannot be used; nothing was sent
├── UnreachableError    nobody answers, though it was tried again
├── ProblemError        the server says no: an RFC 9457 problem
├── StorageError        the storage that photos are uploaded to says no
└── ProtocolError       the server answers something that is not the protocol
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class BooksTrackError(Exception):
    """Whatever this library raises. The text is fit for a person."""


class InvalidUrlError(BooksTrackError, ValueError):
    """The address is no http or https URL."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{url!r} is no address: one such as http://localhost:3000 is wanted")
        self.url = url


class InputError(BooksTrackError, ValueError):
    """What was given cannot be used; the text says what to do."""


class UnreachableError(BooksTrackError, ConnectionError):
    """Nobody answers at the address; the last reason is its `__cause__`."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} does not answer ({reason})")
        self.url = url
        self.reason = reason


class ProblemError(BooksTrackError):
    """The server refused the request; `type` is stable, `detail` is for a person, `extra` has what this type of
    problem tells besides, such as `rejectedRows`; `retry_after` is in seconds, None where the server does not say."""

    def __init__(
        self,
        status: int,
        type: str,  # noqa: A002 RFC 9457's name
        title: str,
        detail: str,
        extra: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail or title or f"HTTP status {status}")
        self.status = status
        self.type = type
        self.title = title
        self.detail = detail
        self.extra = extra or {}
        self.retry_after = retry_after


class StorageError(BooksTrackError):
    """The storage refused the photo, such as one that is too large, or a form that has expired."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"the storage refused the photo: {detail}")
        self.status = status
        self.detail = detail


class ProtocolError(BooksTrackError):
    """The server's answer is not what the protocol has; it may be another server."""
