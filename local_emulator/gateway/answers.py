"""What a function's outcome becomes at the client: pure translations."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_emulator.http1 import Response
from local_emulator.invocation import Outcome

_FAILED = Response.json({"message": "Internal Server Error"}, 500)


def http_response(outcome: Outcome) -> Response:
    """An HTTP API's answer (cases G4 to G6)."""
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
        body = _body(value)
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


def _body(value: Mapping[str, Any]) -> bytes:
    body = value.get("body")
    if body is None:
        return b""
    text = body if isinstance(body, str) else json.dumps(body)
    return base64.b64decode(text, validate=True) if value.get("isBase64Encoded") else text.encode()


def _header(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.replace("\r", " ").replace("\n", " ")


@dataclass(frozen=True)
class ConnectAnswer:
    """Whether a $connect function lets the client in: the status of the upgrade's answer, and the subprotocol."""

    status: int
    subprotocol: str | None = None

    @property
    def accepted(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300


def connect_answer(outcome: Outcome) -> ConnectAnswer:
    """A $connect function's answer (cases A2 to A5, A10)."""
    if outcome.error is not None:
        return ConnectAnswer(504 if outcome.error == "Sandbox.Timedout" else 502)
    try:
        value = outcome.value()
        status = int(value["statusCode"])
    except (TypeError, ValueError, KeyError):
        return ConnectAnswer(502)
    headers = value.get("headers") or {}
    chosen = (
        next(
            (str(text) for name, text in headers.items() if str(name).lower() == "sec-websocket-protocol"),
            None,
        )
        if isinstance(headers, dict)
        else None
    )
    return ConnectAnswer(status if 200 <= status < 600 else 502, chosen)


def route_response(outcome: Outcome) -> bytes | None:
    """What a route with a route response sends to the client: the body as one message, or nothing (cases B9, B10)."""
    try:
        value = outcome.value()
    except ValueError:
        return None
    if not isinstance(value, dict) or not value.get("body"):
        return None
    try:
        return _body(value)
    except (ValueError, binascii.Error):
        return None


def error_frame(message: str, connection_id: str, request_id: str) -> bytes:
    """What the gateway itself tells a client (cases B4, B11, B23)."""
    return json.dumps({"message": message, "connectionId": connection_id, "requestId": request_id}).encode()
