"""The events that functions receive, built from plain values (sections A, E and G of the behaviour that we imitate)."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from local_emulator.gateway import ids
from local_emulator.http1 import Request
from local_emulator.model import ACCOUNT_ID, REGION, HttpApi, WebSocketApi

Event = dict[str, Any]
Headers = Sequence[tuple[str, str]]

_TEXTUAL = (
    "text/",
    "application/json",
    "application/xml",
    "application/javascript",
    "application/x-www-form-urlencoded",
)
_TEXTUAL_SUFFIXES = ("+json", "+xml")


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


def http(
    api: HttpApi,
    route_key: str,
    parameters: Mapping[str, str],
    request: Request,
    domain_name: str,
    authorizer: Mapping[str, Any] | None = None,
) -> Event:
    """An HTTP API's event, payload format 2.0 (cases G1, G2)."""
    named = _joined(forwarded(request))
    cookies = [cookie.strip() for cookie in named.pop("cookie", "").split(";") if cookie.strip()]
    path = request.decoded_path
    if api.stage.name != "$default" and not path.startswith(f"/{api.stage.name}/"):
        path = f"/{api.stage.name}{path}"
    event: Event = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": named,
        "requestContext": _http_context(api, route_key, path, request, domain_name),
        "isBase64Encoded": False,
    }
    if authorizer is not None:
        event["requestContext"]["authorizer"] = dict(authorizer)
    if cookies:
        event["cookies"] = cookies
    if request.query:
        event["queryStringParameters"] = _joined(_pairs(request.query), lower=False)
    if parameters:
        event["pathParameters"] = dict(parameters)
    if api.stage.variables:
        event["stageVariables"] = dict(api.stage.variables)
    if request.body:
        event |= body(request.body, named.get("content-type", ""))
    return event


def _http_context(
    api: HttpApi, route_key: str, path: str, request: Request, domain_name: str
) -> dict[str, Any]:
    now = time.time()
    return {
        "accountId": ACCOUNT_ID,
        "apiId": api.api_id,
        "domainName": domain_name,
        "domainPrefix": domain_name.partition(".")[0],
        "http": {
            "method": request.method,
            "path": path,
            "protocol": f"HTTP/{request.http_version}",
            "sourceIp": request.peer,
            "userAgent": request.header("user-agent"),
        },
        "requestId": ids.request_id(),
        "routeKey": route_key,
        "stage": api.stage.name,
        "time": clf(now),
        "timeEpoch": int(now * 1000),
    }


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


def headers(pairs: Headers) -> Event:
    """`headers`, where the last value wins, and `multiValueHeaders`."""
    multiple: dict[str, list[str]] = {}
    for name, value in pairs:
        multiple.setdefault(name, []).append(value)
    return {"headers": {name: values[-1] for name, values in multiple.items()}, "multiValueHeaders": multiple}


def query(text: str) -> Event:
    """`queryStringParameters`, where the last value wins, and its multi-value form; empty without a query."""
    pairs = _pairs(text)
    if not pairs:
        return {}
    multiple: dict[str, list[str]] = {}
    for name, value in pairs:
        multiple.setdefault(name, []).append(value)
    return {
        "queryStringParameters": {name: values[-1] for name, values in multiple.items()},
        "multiValueQueryStringParameters": multiple,
    }


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def forwarded(request: Request) -> Headers:
    """The request's headers as the gateway passes them on: hop-by-hop ones gone, its own added."""
    kept = [(name, value) for name, value in request.headers if name.lower() not in ("connection", "upgrade")]
    kept += [
        ("X-Amzn-Trace-Id", f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"),
        ("X-Forwarded-For", request.peer),
        ("X-Forwarded-Port", "443" if request.secure else "80"),
        ("X-Forwarded-Proto", "https" if request.secure else "http"),
    ]
    return kept


def _joined(pairs: Headers, *, lower: bool = True) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower() if lower else name
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    return joined


def body(content: bytes, content_type: str) -> Event:
    """`body` and `isBase64Encoded`: base64 where the content type is none of text (case G2)."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith(_TEXTUAL) or kind.endswith(_TEXTUAL_SUFFIXES):
        try:
            return {"body": content.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(content).decode(), "isBase64Encoded": True}


def clf(now: float) -> str:
    """A time as `19/Jan/2023:21:13:26 +0000`."""
    return time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now))
