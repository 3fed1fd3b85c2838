"""Who may connect: Lambda REQUEST authorizers and AWS_IAM, judged once, at $connect (cases A15 to A22)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_emulator.gateway.access.authorizers import UNAUTHORIZED, Authorizers, Verdict, texts_of_context
from local_emulator.gateway.access.identity import identity, signed
from local_emulator.gateway.websocket import events
from local_emulator.gateway.websocket.events import ConnectionInfo
from local_emulator.http1 import Request
from local_emulator.model import WebSocketRoute


@dataclass(frozen=True)
class Admission:
    """`status` 200 lets the client in, with `context` on every event of the connection (case A19)."""

    status: int
    message: str = ""
    context: Mapping[str, Any] | None = None


_ADMITTED = Admission(200)
_MESSAGES = {
    401: "Unauthorized",
    403: "User is not authorized to access this resource",
    500: "Internal server error",
}


async def authorize(
    route: WebSocketRoute, info: ConnectionInfo, request: Request, authorizers: Authorizers
) -> Admission:
    """Judges an upgrade request by the $connect route's authorization."""
    if route.authorization_type == "AWS_IAM":
        return _ADMITTED if signed(request) else Admission(403, "Missing Authentication Token")
    if route.authorizer is None:
        return _ADMITTED
    event = events.authorize(info, request)
    known = identity(
        route.authorizer.identity_sources, request, info.api.stage.variables, event["requestContext"]
    )
    if known is None:
        verdict = UNAUTHORIZED
    else:
        verdict = await authorizers.judge(route.authorizer, known, lambda: event, event["methodArn"])
    return _admission(verdict)


def _admission(verdict: Verdict) -> Admission:
    if verdict.status != 200:
        return Admission(verdict.status, _MESSAGES[verdict.status])
    return Admission(200, "", {**texts_of_context(verdict), "integrationLatency": 0})
