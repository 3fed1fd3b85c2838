"""Who a request comes from, as API Gateway's authorizer says; nobody, where the API has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ANONYMOUS = ""
"""An API without an authorizer knows its callers by nothing but the job ids that they hold."""


def principal(request_context: Mapping[str, Any]) -> str:
    """The caller's identity: a WebSocket or Lambda authorizer's `principalId`, a JWT's `sub`, or ANONYMOUS."""
    authorizer = request_context.get("authorizer") or {}
    named = authorizer.get("principalId") or (authorizer.get("lambda") or {}).get("principalId")
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    return str(named or claims.get("sub") or ANONYMOUS)
