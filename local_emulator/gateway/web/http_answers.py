"""What a function's answer of payload format 2.0 becomes, where anything goes (cases G4 to G6)."""

from __future__ import annotations

import binascii
import json
from typing import Any

from local_emulator.gateway.bodies import decoded
from local_emulator.http1 import Response
from local_emulator.invocation import Outcome

_FAILED = Response.json({"message": "Internal Server Error"}, 500)


def http_response(outcome: Outcome) -> Response:
    """The client's answer; 500 where the function failed or named a status, a body or headers that are none."""
    if outcome.error is not None:
        return _FAILED
    try:
        value = outcome.value()
    except ValueError:
        return _FAILED
    if not isinstance(value, dict) or "statusCode" not in value:
        return Response(200, outcome.payload, (("content-type", "application/json"),))
    try:
        status = int(value["statusCode"])
        body = decoded(value)
    except (TypeError, ValueError, binascii.Error):
        return _FAILED
    if not 100 <= status <= 599:
        return _FAILED
    headers = value.get("headers") or {}
    cookies = value.get("cookies") or []
    if not isinstance(headers, dict) or not isinstance(cookies, list):
        return _FAILED
    named = [(str(name).lower(), _header(text)) for name, text in headers.items()]
    if not any(name == "content-type" for name, _ in named):
        named.append(("content-type", "text/plain; charset=utf-8"))
    named = [
        (name, text)
        for name, text in named
        if name not in ("content-length", "connection", "transfer-encoding")
    ]
    named += [("set-cookie", _header(cookie)) for cookie in cookies]
    return Response(status, body, named)


def _header(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.replace("\r", " ").replace("\n", " ")
