"""What the page is told: pure translations to JSON values. Texts are cut short; the page asks for the whole of one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from local_emulator.console.recorder import Invocation, Recorder, Traffic
from local_emulator.console.ring import Ring
from local_emulator.gateway.websocket.connections import Connection
from local_emulator.gateway.websocket.events import ConnectionInfo
from local_emulator.invocation import Outcome
from local_emulator.model import (
    Application,
    Function,
    HttpApi,
    HttpRoute,
    RestApi,
    RestMethod,
    StoreResource,
    WebSocketApi,
    WebSocketRoute,
)

_LINE = 400
"""Characters of a text that a list shows."""
_PAGE = 32 * 1024
"""Characters of a text that is shown by itself, before somebody asks for all of it."""
_EXPLAINED_BYTES = 512 * 1024
"""A larger event is not read to find out what caused it."""


def traffic(entry: Traffic, *, shown: int | None = _LINE) -> dict[str, Any]:
    """Something that happened on a connection; `shown` characters of its text, None for all."""
    return {
        "number": entry.number,
        "at": entry.at,
        "kind": entry.kind,
        "connection": connection_of(entry),
        **_text("text", entry.text, shown),
        "route": entry.route_key,
        "status": entry.status,
    }


def connection_of(entry: Traffic) -> dict[str, Any] | str:
    """The connection's id; all that is known of it where it has just been opened or refused."""
    return entry.info.connection_id if entry.kind in ("in", "out") else connection(entry.info)


def connection(info: ConnectionInfo) -> dict[str, Any]:
    """What is known of a connection; its @connections API is below `path`."""
    return {
        "id": info.connection_id,
        "api": info.api.logical_id,
        "path": _path(info.api),
        "connected_at": info.connected_at / 1000,
        "source_ip": info.source_ip,
        "user_agent": info.user_agent,
    }


def invocation(entry: Invocation) -> dict[str, Any]:
    """An invocation in one line."""
    outcome = entry.outcome
    summary: dict[str, Any] = {
        "number": entry.number,
        "at": entry.at,
        "function": entry.function,
        "request_id": entry.request_id,
        "cause": cause(entry.event),
        "state": "running",
    }
    if outcome is not None:
        summary |= {
            "state": "done" if outcome.error is None else "failed",
            "error": _error(outcome),
            "duration_ms": round(outcome.duration_ms, 2),
            "cold": outcome.cold,
            "init_ms": round(entry.init_ms, 1) if outcome.cold else None,
            "response": outcome.payload[:_LINE].decode(errors="replace"),
        }
    return summary


def _error(outcome: Outcome) -> str | None:
    if outcome.error is None:
        return None
    try:
        told = outcome.value()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return outcome.error
    return f"{told.get('errorType', outcome.error)}: {told.get('errorMessage', '')}"[:_LINE]


def whole_invocation(entry: Invocation, *, everything: bool) -> dict[str, Any]:
    """An invocation with its event, answer and log; long ones in part, unless `everything` is wanted."""
    shown = None if everything else _PAGE
    answer = entry.outcome.payload.decode(errors="replace") if entry.outcome else ""
    return {
        **invocation(entry),
        **_text("event", entry.event.decode(errors="replace"), shown),
        **_text("answer", answer, shown),
        **_text("log", "\n".join(entry.lines), shown),
    }


def cause(event: bytes) -> str:
    """What an event came from, as far as it says: a route, a queue, a bucket…; empty where it does not."""
    if len(event) > _EXPLAINED_BYTES:
        return ""
    try:
        value = json.loads(event)
    except ValueError:
        return ""
    if not isinstance(value, dict):
        return ""
    records = value.get("Records")
    if isinstance(records, list) and records and isinstance(records[0], dict):
        return _records(records)
    context = value.get("requestContext")
    if isinstance(context, dict):
        rest = f"{context.get('httpMethod', '')} {context.get('resourcePath', '')}".strip()
        return str(context.get("routeKey") or rest)
    return str(value.get("detail-type") or value.get("type") or "")


def _records(records: list[Any]) -> str:
    first: Mapping[str, Any] = records[0]
    service = str(first.get("eventSource") or first.get("EventSource") or "").removeprefix("aws:")
    name = str(first.get("eventSourceARN", "")).rpartition(":")[2]
    count = f"{len(records)} records" if len(records) > 1 else "1 record"
    return " ".join(part for part in (service, name, f"({count})") if part)


def application(described: Application, *, template: str, url: str, store_url: str) -> dict[str, Any]:
    """What the template describes."""
    return {
        "template": template,
        "url": url,
        "store_url": store_url,
        "websocket_apis": [_websocket_api(api, described.paths) for api in described.websocket_apis],
        "web_apis": [
            *(_web_api(api, "HTTP") for api in described.http_apis),
            *(_web_api(api, "REST") for api in described.rest_apis),
        ],
        "functions": [_function(function) for function in described.functions.values()],
        "queues": _stored(described, "AWS::SQS::Queue"),
        "tables": _stored(described, "AWS::DynamoDB::Table"),
        "event_sources": [
            {"queue": source.queue, "function": source.function, "batch_size": source.batch_size}
            for source in described.sqs_event_sources
        ],
        "outputs": dict(described.outputs),
        "warnings": list(described.warnings),
    }


def history(recorder: Recorder) -> dict[str, Any]:
    """How much is kept, and how much may be."""
    return {"traffic": _ring(recorder.traffic), "invocations": _ring(recorder.invocations)}


def _ring(ring: Ring[Any]) -> dict[str, int]:
    return {
        "entries": len(ring),
        "most_entries": ring.most_entries,
        "bytes": ring.bytes,
        "most_bytes": ring.most_bytes,
    }


def _path(api: WebSocketApi | HttpApi | RestApi) -> str:
    return api.prefix if api.stage.name == "$default" else f"{api.prefix}/{api.stage.name}"


def _websocket_api(api: WebSocketApi, paths: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": api.logical_id,
        "paths": [*(path for path, named in paths.items() if named == api.logical_id), _path(api)],
        "selection": api.route_selection_expression,
        "routes": [
            _route(route, ["answers the client"] if route.responds else []) for route in api.routes.values()
        ],
    }


def _web_api(api: HttpApi | RestApi, kind: str) -> dict[str, Any]:
    return {
        "id": api.logical_id,
        "kind": kind,
        "path": _path(api) or "/",
        "routes": [_route(route, []) for route in api.routes],
    }


def _route(route: WebSocketRoute | HttpRoute | RestMethod, notes: list[str]) -> dict[str, Any]:
    integration = route.integration
    if integration is not None:
        notes = [f"{integration.type} integration", *notes]
    if route.authorizer is not None:
        notes = [*notes, f"authorizer {route.authorizer.name}"]
    elif route.authorization_type != "NONE":
        notes = [*notes, route.authorization_type]
    return {
        "key": route.route_key,
        "function": integration.function if integration else route.function,
        "target": route.target,
        "notes": notes,
    }


def _function(function: Function) -> dict[str, Any]:
    return {
        "id": function.logical_id,
        "name": function.name,
        "handler": function.handler,
        "runtime": function.runtime,
        "timeout_seconds": function.timeout_seconds,
        "memory_mb": function.memory_mb,
        "reserved_concurrency": function.reserved_concurrency,
        "environment": dict(function.environment),
    }


def _stored(described: Application, kind: str) -> list[dict[str, Any]]:
    return [_resource(resource) for resource in described.store_resources if resource.type == kind]


def _resource(resource: StoreResource) -> dict[str, Any]:
    return {"id": resource.logical_id, "name": resource.name}


def _text(name: str, text: str, shown: int | None) -> dict[str, Any]:
    return {name: text if shown is None else text[:shown], f"{name}_length": len(text)}


def connections(live: Iterable[Connection], most: int) -> dict[str, Any]:
    """The newest open connections, and how many there are."""
    every = list(live)
    return {"connection_count": len(every), "connections": [connection(one.info) for one in every[-most:]]}
