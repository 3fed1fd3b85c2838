"""How several APIs share one port, and what their URLs on AWS become here.

On AWS every API has a host of its own. Here a stage's path, `/{stage}`, leads to its API; where an earlier API of the
same kind has the same stage, the logical id stands in front: `/{LogicalId}/{stage}`. WebSocket APIs are one kind, HTTP
and REST APIs the other: a WebSocket client asks for an upgrade, so that both may have the same path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from local_emulator.model import HttpApi, HttpRoute, JwtAuthorizer, RestApi, WebSocketApi

_API_URL = re.compile(r"(?:(https|wss)://)?([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com")

Api = TypeVar("Api", WebSocketApi, HttpApi, RestApi)


def prefixes(*kinds: Iterable[WebSocketApi | HttpApi | RestApi]) -> dict[str, str]:
    """The prefix of each API that needs one, by its id; each argument holds the APIs of one kind."""
    found = {}
    for apis in kinds:
        taken: dict[str, str] = {}
        for api in apis:
            if taken.setdefault(api.stage.name, api.api_id) != api.api_id:
                found[api.api_id] = f"/{api.logical_id}"
    return found


def placed(apis: Iterable[Api], given: Mapping[str, str]) -> tuple[Api, ...]:
    """The APIs with their prefixes."""
    return tuple(replace(api, prefix=given.get(api.api_id, "")) for api in apis)


def at_home(text: str, address: str, given: Mapping[str, str]) -> str:
    """A text whose execute-api URLs lead to `address`, a `host:port`."""

    def substitute(found: re.Match[str]) -> str:
        scheme = {"https": "http://", "wss": "ws://"}.get(found[1] or "", "")
        return scheme + address + given.get(found[2], "")

    return _API_URL.sub(substitute, text)


def with_issuers_at_home(
    apis: Iterable[HttpApi], address: str, given: Mapping[str, str]
) -> tuple[HttpApi, ...]:
    """The APIs, whose JWT authorizers ask an issuer that is itself an API of the template at its local URL."""
    return tuple(
        replace(api, routes=tuple(_with_issuer_at_home(route, address, given) for route in api.routes))
        for api in apis
    )


def _with_issuer_at_home(route: HttpRoute, address: str, given: Mapping[str, str]) -> HttpRoute:
    authorizer = route.authorizer
    if not isinstance(authorizer, JwtAuthorizer):
        return route
    issuer = at_home(authorizer.issuer, address, given)
    return replace(route, authorizer=replace(authorizer, issuer=issuer))
