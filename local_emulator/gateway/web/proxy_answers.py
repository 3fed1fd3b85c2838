"""What a function's answer of payload format 1.0 becomes: stricter than 2.0, where anything goes (case G12)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local_emulator.http1 import Response
from local_emulator.invocation import Outcome

_MEMBERS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
_OUR_HEADERS = {"content-length", "connection", "transfer-encoding"}


class MalformedAnswerError(Exception):
    """The function failed, or answered what is no proxy response."""


def proxy_response(
    outcome: Outcome, *, decodes: Callable[[], bool], content_type: str = "application/json"
) -> Response:
    """The client's answer.

    `decodes` tells whether base64 is decoded for this client; `content_type` is the one of an answer without.

    Raises:
        MalformedAnswerError: for the gateway to put in its own words.
    """
    if outcome.error is not None:
        raise MalformedAnswerError
    try:
        value = outcome.value()
        if not isinstance(value, dict) or set(value) - _MEMBERS:
            raise MalformedAnswerError
        status = int(value["statusCode"])
        body = value.get("body")
        if not 100 <= status <= 599 or not isinstance(body, str | None):
            raise MalformedAnswerError
        content = (body or "").encode()
        if value.get("isBase64Encoded") and decodes():
            content = base64.b64decode(content, validate=True)
        headers = list(_headers(value))
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error) as error:
        raise MalformedAnswerError from error
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", content_type))
    return Response(status, content, headers)


def _headers(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where a name is in both maps, the one of several values counts."""
    multiple = value.get("multiValueHeaders") or {}
    named = {name.lower() for name in multiple}
    for name, text in (value.get("headers") or {}).items():
        if name.lower() not in named | _OUR_HEADERS and text is not None:
            yield name, _text(text)
    for name, texts in multiple.items():
        if name.lower() not in _OUR_HEADERS:
            for text in texts:
                yield name, _text(text)


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise MalformedAnswerError
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return text.replace("\r", " ").replace("\n", " ")
