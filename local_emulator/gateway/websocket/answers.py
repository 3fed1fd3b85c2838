"""What a function's outcome becomes at a WebSocket client: pure translations."""

from __future__ import annotations

import binascii
import json
from dataclasses import dataclass

from local_emulator.gateway.bodies import decoded
from local_emulator.invocation import Outcome


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
        return decoded(value)
    except (ValueError, binascii.Error):
        return None


def error_frame(message: str, connection_id: str, request_id: str) -> bytes:
    """What the gateway itself tells a client (cases B4, B11, B23)."""
    return json.dumps({"message": message, "connectionId": connection_id, "requestId": request_id}).encode()
