"""The @connections API: `https://{domain}/{stage}/@connections/{connectionId}` (section F of the behaviour).

A signature must be there and well-formed (case F4); it is not verified, since the emulator has nobody's secret.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import unquote

from local_emulator.gateway import ids
from local_emulator.gateway.websocket.connections import Connection, Registry
from local_emulator.gateway.websocket.socket import MAX_MESSAGE_BYTES
from local_emulator.http1 import Request, Response

_SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=[^,\s]+, ?SignedHeaders=[^,\s]+, ?Signature=[0-9a-f]{64}")


class Management:
    """Answers @connections requests for one API's connections."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __call__(self, request: Request, encoded_id: str) -> Response:
        if not self._signed(request):
            return _missing_token()
        connection_id = unquote(encoded_id)
        if not ids.is_connection_id(connection_id):
            return _error(400, "BadRequestException", f"Invalid connectionId: {connection_id[:80]}")
        connection = self._registry.get(connection_id)
        match request.method:
            case "POST":
                return self._post(connection, request.body)
            case "GET":
                return _gone() if connection is None else _describe(connection)
            case "DELETE":
                return _gone() if connection is None else self._delete(connection)
            case _:
                return _missing_token()

    @staticmethod
    def _post(connection: Connection | None, payload: bytes) -> Response:
        if len(payload) > MAX_MESSAGE_BYTES:
            return _error(413, "PayloadTooLargeException", "Message too long")
        if connection is None:
            return _gone()
        if connection.socket.congested:
            return _error(429, "LimitExceededException", "The client does not read what it is sent")
        if payload:
            text = payload.decode(errors="replace").encode()
            connection.send(text)
        return Response(200)

    @staticmethod
    def _delete(connection: Connection) -> Response:
        # 1000 is inferred: AWS documents that the client is closed, not the code (case D6).
        connection.socket.close(1000, "Connection Closed Normally")
        return Response(204)

    @staticmethod
    def _signed(request: Request) -> bool:
        return bool(_SIGNED.fullmatch(request.header("authorization")) or "X-Amz-Signature=" in request.query)


def refusal(status: int) -> Response:
    """An answer of that status, shaped as this API's own."""
    if status == 410:
        return _gone()
    return _error(status, *_REFUSALS.get(status, ("InternalServerErrorException", "Internal server error")))


_REFUSALS = {
    400: ("BadRequestException", "Bad Request"),
    403: ("ForbiddenException", "Forbidden"),
    413: ("PayloadTooLargeException", "Message too long"),
    429: ("LimitExceededException", "Too Many Requests"),
}


def _describe(connection: Connection) -> Response:
    info = connection.info
    return Response.json(
        {
            "connectedAt": _iso(info.connected_at / 1000),
            "identity": {"sourceIp": info.source_ip, "userAgent": info.user_agent},
            "lastActiveAt": _iso(connection.last_active),
        }
    )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _gone() -> Response:
    return Response(410, b"", (("x-amzn-ErrorType", "GoneException"),))


def _missing_token() -> Response:
    headers = (("x-amzn-ErrorType", "MissingAuthenticationTokenException"),)
    return Response.json({"message": "Missing Authentication Token"}, 403, headers)


def _error(status: int, kind: str, message: str) -> Response:
    return Response.json({"message": message}, status, (("x-amzn-ErrorType", kind),))
