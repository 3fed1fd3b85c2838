"""What goes wrong, as RFC 9457 problem details: one catalogue for HTTP bodies and `problem` frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class ProblemType(Enum):
    """A kind of problem: its stable name, HTTP status and title. docs/protocol.md lists them."""

    MALFORMED = ("malformed", 400, "The request cannot be read")
    INVALID = ("invalid", 422, "The request was read but asks for something that is not possible")
    NOT_FOUND = ("not-found", 404, "There is no such thing, or it is not yours")
    CONFLICT = ("conflict", 409, "The job id is taken by another request")
    TOO_LARGE = ("too-large", 413, "The request is larger than can be taken")
    UNSUPPORTED = ("unsupported-media-type", 415, "The body is of a kind that cannot be taken here")
    INTERNAL = ("internal", 500, "Something went wrong on our side")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.uri = f"urn:progress:problem:{slug}"
        self.status = status
        self.title = title


@dataclass
class ProblemError(Exception):
    """Stops a request; its text is fit for the person who made it."""

    type: ProblemType
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Members beyond the standard ones (RFC 9457, section 3.2)."""

    def __str__(self) -> str:
        return f"{self.type.title}: {self.detail}"

    def as_json(self) -> dict[str, object]:
        """The body of an `application/problem+json` answer."""
        return {
            **self.extra,
            "type": self.type.uri,
            "title": self.type.title,
            "status": self.type.status,
            "detail": self.detail,
        }
