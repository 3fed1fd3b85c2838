"""Who may connect: Lambda REQUEST authorizers and AWS_IAM, judged once, at $connect (cases A15 to A22)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from local_emulator.gateway import events
from local_emulator.gateway.events import ConnectionInfo
from local_emulator.http1 import Request
from local_emulator.invocation import Invoker, Outcome
from local_emulator.model import Authorizer, WebSocketRoute


@dataclass(frozen=True)
class Verdict:
    """`status` 200 lets the client in, with `context` on every event of the connection (case A19)."""

    status: int
    message: str = ""
    context: Mapping[str, Any] | None = None


ALLOWED = Verdict(200)


async def authorize(
    route: WebSocketRoute, info: ConnectionInfo, request: Request, invoker: Invoker
) -> Verdict:
    """Judges an upgrade request by the $connect route's authorization."""
    if route.authorization_type == "AWS_IAM":
        signed = (
            request.header("authorization").startswith("AWS4-HMAC-SHA256 ")
            or "X-Amz-Signature=" in request.query
        )
        return ALLOWED if signed else Verdict(403, "Missing Authentication Token")
    if route.authorizer is None:
        return ALLOWED
    if not _identified(route.authorizer, info, request):
        return Verdict(401, "Unauthorized")
    outcome = await invoker.invoke(route.authorizer.function, events.authorize(info, request))
    return _verdict(outcome)


def _identified(authorizer: Authorizer, info: ConnectionInfo, request: Request) -> bool:
    query = parse_qs(request.query)
    for source in authorizer.identity_sources:
        kind, _, name = source.removeprefix("route.request.").partition(".")
        if kind == "header":
            present = bool(request.header(name))
        elif kind == "querystring":
            present = bool(query.get(name))
        elif source.startswith("stageVariables."):
            present = bool(info.api.stage.variables.get(name))
        else:
            present = source.startswith("context.")
        if not present:
            return False
    return True


def _verdict(outcome: Outcome) -> Verdict:
    try:
        value = outcome.value()
    except ValueError:
        value = None
    if not isinstance(value, dict):
        return Verdict(500, "Internal server error")
    if outcome.error is not None:
        if value.get("errorMessage") == "Unauthorized":
            return Verdict(401, "Unauthorized")
        return Verdict(500, "Internal server error")
    allowed = _allows(value.get("policyDocument"))
    if allowed is None:
        return Verdict(500, "Internal server error")
    if not allowed:
        return Verdict(403, "User is not authorized to access this resource")
    context = {name: _text(item) for name, item in (value.get("context") or {}).items()}
    return Verdict(
        200, "", {**context, "principalId": str(value.get("principalId", "")), "integrationLatency": 0}
    )


def _allows(policy: Any) -> bool | None:
    """Whether a policy lets $connect through; None where it is no policy. A Deny beats every Allow."""
    if not isinstance(policy, dict) or not isinstance(policy.get("Statement"), list | dict):
        return None
    statements = policy["Statement"]
    effects = [
        statement.get("Effect")
        for statement in (statements if isinstance(statements, list) else [statements])
        if isinstance(statement, dict) and _is_connect(statement.get("Resource"))
    ]
    return "Deny" not in effects and "Allow" in effects


def _is_connect(resource: Any) -> bool:
    patterns = resource if isinstance(resource, list) else [resource]
    for pattern in patterns:
        if not isinstance(pattern, str):
            continue
        last = pattern.rpartition("/")[2]
        if re.fullmatch(re.escape(last).replace(r"\*", ".*").replace(r"\?", "."), "$connect"):
            return True
    return False


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
