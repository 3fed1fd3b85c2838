"""Which route a message takes, and which model it must fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_emulator.gateway.selection import select
from local_emulator.model import WebSocketApi, WebSocketRoute

_RESERVED = ("$connect", "$disconnect", "$default")


def route_of(api: WebSocketApi, body: str) -> WebSocketRoute | None:
    """The route of a message (cases B1 to B7), or None where nothing matches and there is no `$default`."""
    key = select(api.route_selection_expression, body)
    if key and key not in _RESERVED and key in api.routes:
        return api.routes[key]
    return api.routes.get("$default")


def model_of(route: WebSocketRoute, body: str) -> Mapping[str, Any] | None:
    """The schema that a message must fit, where the route has one for it (case B14)."""
    if not route.models:
        return None
    found: Mapping[str, Any] | None = route.models.get(select(route.model_selection, body))
    return found if found is not None else route.models.get("$default")
