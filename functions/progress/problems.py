"""What goes wrong, as RFC 9457 problem details: one catalogue for HTTP bodies and `problem` frames."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct


class ProblemType(Enum):
    """A kind of problem: its stable name, HTTP status and title. docs/protocol.md lists them."""

    MALFORMED = ("malformed", 400, "The request cannot be read")
    INVALID = ("invalid", 422, "The request was read but asks for something that is not possible")
    NOT_FOUND = ("not-found", 404, "There is no such thing, or it is not yours")
    CONFLICT = ("conflict", 409, "The job id is taken by another request")
    TOO_LARGE = ("too-large", 413, "The request is larger than can be taken")
    UNSUPPORTED = ("unsupported-media-type", 415, "The body is of a kind that cannot be taken here")
    LIMIT = ("limit-exceeded", 429, "There are as many of these as there may be")
    INTERNAL = ("internal", 500, "Something went wrong on our side")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.uri = f"urn:progress:problem:{slug}"
        self.status = status
        self.title = title


ProblemUri = Annotated[str, Meta(extra_json_schema={"enum": [kind.uri for kind in ProblemType]})]


class ProblemDetails(Struct, kw_only=True):
    """What was wrong with a request (RFC 9457)."""

    type: ProblemUri
    title: str
    status: int
    detail: str


@dataclass
class ProblemError(Exception):
    """Stops a request; its text is fit for the person who made it."""

    type: ProblemType
    detail: str

    def __str__(self) -> str:
        return f"{self.type.title}: {self.detail}"

    def details(self) -> ProblemDetails:
        """The body of an `application/problem+json` answer; a kind of its own may add members (section 3.2)."""
        kind = self.type
        return ProblemDetails(type=kind.uri, title=kind.title, status=kind.status, detail=self.detail)
