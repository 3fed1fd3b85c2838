"""What an application sees of HTTP, and what it answers: now, or later."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote


@dataclass(slots=True)
class Request:
    """One request, body read whole.

    `target` is as sent, with the query; `path` is still percent-encoded. `headers` keeps case, order and repeats.
    """

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    peer: str = ""
    port: int = 0
    secure: bool = False
    http_version: str = "1.1"
    _decoded_path: str | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def path(self) -> str:
        """The target without its query, percent-encoded as sent."""
        return self.target.partition("?")[0]

    @property
    def decoded_path(self) -> str:
        """The path, percent-decoded."""
        if self._decoded_path is None:
            self._decoded_path = unquote(self.path)
        return self._decoded_path

    @property
    def query(self) -> str:
        """The raw query string, without the question mark."""
        return self.target.partition("?")[2]

    def header(self, name: str, default: str = "") -> str:
        """The last value of a header, by a name in any case."""
        wanted = name.lower()
        return next((value for key, value in reversed(self.headers) if key.lower() == wanted), default)


@dataclass(slots=True)
class Response:
    """One answer. `content-length` is added, but to a HEAD that has its own; `connection` is the server's business."""

    status: int = 200
    body: bytes = b""
    headers: Iterable[tuple[str, str]] = field(default_factory=tuple)

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Response:
        """An `application/json` answer."""
        return cls(status, json.dumps(value).encode(), (("content-type", "application/json"), *headers))


class Later:
    """An answer that is written at the moment at which it is given, without a turn of the event loop in between."""

    __slots__ = ("_response", "_write", "abandoned")

    def __init__(self) -> None:
        self._response: Response | None = None
        self._write: Callable[[Response], None] | None = None
        self.abandoned = False
        """The client has gone."""

    def give(self, response: Response) -> None:
        """Once."""
        if self._write is None:
            self._response = response
        else:
            self._write(response)

    def when_given(self, write: Callable[[Response], None]) -> None:
        """`write` gets the answer, now if it has been given."""
        self._write = write
        if self._response is not None:
            write(self._response)

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        self.abandoned = True


Answer = Response | Later | Awaitable[Response]
"""An answer that is there already is written before anything else happens; a future needs no task."""
Application = Callable[[Request], Answer]
