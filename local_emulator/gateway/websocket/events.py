"""The events of a WebSocket API, built from plain values (sections A and E of the behaviour that we imitate)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_emulator.gateway import ids
from local_emulator.gateway.requests import Event, clf, forwarded, headers, query
from local_emulator.http1 import Request
from local_emulator.model import ACCOUNT_ID, REGION, WebSocketApi


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionInfo:
    """What every event of a WebSocket connection repeats."""

    connection_id: str
    api: WebSocketApi
    domain_name: str
    connected_at: int
    """Milliseconds since the epoch; the same on every event of the connection (case E4)."""
    source_ip: str
    user_agent: str = ""
    authorizer: Mapping[str, Any] = field(default_factory=dict)


def connect(info: ConnectionInfo, request: Request) -> Event:
    """The CONNECT event (cases A8, A9, E1): the only one with the request's headers and query."""
    return {
        **headers(forwarded(request)),
        **query(request.query),
        **_websocket(info, "$connect", "CONNECT"),
    }


def message(info: ConnectionInfo, route_key: str, body: str) -> Event:
    """A MESSAGE event (case E2): the raw text, no headers, no query."""
    event = _websocket(info, route_key, "MESSAGE")
    event["requestContext"]["messageId"] = ids.request_id()
    event["body"] = body
    return event


def disconnect(info: ConnectionInfo, code: int, reason: str) -> Event:
    """The DISCONNECT event (cases D1 to D5, E3)."""
    few = [("Host", info.domain_name), ("x-api-key", ""), ("X-Forwarded-For", ""), ("x-restapi", "")]
    event = {**headers(few), **_websocket(info, "$disconnect", "DISCONNECT")}
    event["requestContext"] |= {"disconnectStatusCode": code, "disconnectReason": reason}
    return event


def authorize(info: ConnectionInfo, request: Request) -> Event:
    """A REQUEST authorizer's event for $connect (case A20)."""
    arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{info.api.api_id}/{info.api.stage.name}/$connect"
    return {"type": "REQUEST", "methodArn": arn, **connect(info, request)}


def _websocket(info: ConnectionInfo, route_key: str, event_type: str) -> Event:
    now = time.time()
    request_id = ids.request_id()
    identity = {"sourceIp": info.source_ip}
    if info.user_agent:
        identity["userAgent"] = info.user_agent
    context: dict[str, Any] = {
        "routeKey": route_key,
        "eventType": event_type,
        "extendedRequestId": request_id,
        "requestTime": clf(now),
        "messageDirection": "IN",
        "stage": info.api.stage.name,
        "connectedAt": info.connected_at,
        "requestTimeEpoch": int(now * 1000),
        "identity": identity,
        "requestId": request_id,
        "domainName": info.domain_name,
        "connectionId": info.connection_id,
        "apiId": info.api.api_id,
    }
    if info.authorizer:
        context["authorizer"] = dict(info.authorizer)
    event: Event = {"requestContext": context, "isBase64Encoded": False}
    if info.api.stage.variables:
        event["stageVariables"] = dict(info.api.stage.variables)
    return event
