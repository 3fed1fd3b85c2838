"""Events of payload format 2.0, an HTTP API's own (cases G1, G2).

What is absent is left out; several values of a name are joined with commas.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from local_emulator.gateway import ids
from local_emulator.gateway.requests import Event, Headers, body, clf, forwarded, pairs_of
from local_emulator.http1 import Request
from local_emulator.model import ACCOUNT_ID, HttpApi


def event(
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
    described: Event = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": named,
        "requestContext": _context(api, route_key, path, request, domain_name),
        "isBase64Encoded": False,
    }
    if authorizer is not None:
        described["requestContext"]["authorizer"] = dict(authorizer)
    if cookies:
        described["cookies"] = cookies
    if request.query:
        described["queryStringParameters"] = _joined(pairs_of(request.query), lower=False)
    if parameters:
        described["pathParameters"] = dict(parameters)
    if api.stage.variables:
        described["stageVariables"] = dict(api.stage.variables)
    if request.body:
        described |= body(request.body, named.get("content-type", ""))
    return described


def _context(api: HttpApi, route_key: str, path: str, request: Request, domain_name: str) -> dict[str, Any]:
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


def _joined(pairs: Headers, *, lower: bool = True) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower() if lower else name
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    return joined
