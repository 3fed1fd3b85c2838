"""One HTTP API: routes, authorizers, payloads 1.0 and 2.0, CORS, limits (section G of the behaviour)."""

from __future__ import annotations

import logging
from dataclasses import replace
from urllib.parse import unquote

from local_emulator.faults import Faults
from local_emulator.gateway import ids
from local_emulator.gateway.integrations import Call, IntegrationError
from local_emulator.gateway.web import http_events, proxy_events
from local_emulator.gateway.web.faults import suffer
from local_emulator.gateway.web.http_answers import http_response
from local_emulator.gateway.web.http_authorization import HttpAuthorization, Pass
from local_emulator.gateway.web.proxy_answers import MalformedAnswerError, proxy_response
from local_emulator.gateway.web.proxy_events import ProxyCall
from local_emulator.gateway.web.routing import HttpMatch, match_http_route
from local_emulator.gateway.web.server import MAX_BODY_BYTES, MAX_EVENT_BYTES, WebApiServer
from local_emulator.http1 import Request, Response
from local_emulator.invocation import Invoker, TooManyRequestsError
from local_emulator.mapping_templates import Source
from local_emulator.model import Cors, HttpApi, HttpRoute, Integration
from local_emulator.observer import NOBODY, Observer

logger = logging.getLogger(__name__)


class HttpApiServer(WebApiServer[HttpApi]):
    """Serves an API of protocol type HTTP."""

    def __init__(
        self,
        api: HttpApi,
        invoker: Invoker,
        *,
        domain_name: str,
        faults: Faults | None = None,
        observer: Observer = NOBODY,
    ) -> None:
        super().__init__(api, invoker, domain_name=domain_name, faults=faults, observer=observer)
        self._authorization = HttpAuthorization(api, invoker, domain_name)

    async def _respond(self, request: Request) -> Response:
        cors = self.api.cors
        if cors is not None and request.method == "OPTIONS" and request.header("origin"):
            return _preflight(cors, request)
        response = await self._run(request)
        return response if cors is None else _with_cors(response, cors, request)

    async def _run(self, request: Request) -> Response:
        path = request.path
        stage = self.api.stage.name
        if stage != "$default":
            path = path.removeprefix(f"/{stage}") or "/"
        match = match_http_route(self.api, request.method, path)
        if match is None:
            return Response.json({"message": "Not Found"}, 404)
        refusal = await suffer(self._faults, self.api.logical_id, match.route.route_key)
        if refusal is not None:
            return refusal
        if len(request.body) > MAX_BODY_BYTES:
            return _too_large()
        if not self._throttles.admit(match.route.route_key):
            return Response.json({"message": "Too Many Requests"}, 429)
        call = self._call(match, request, path)
        passed = await self._authorization.authorize(match, call)
        if isinstance(passed, Response):
            return passed
        try:
            if match.route.integration is not None:
                return await self._forward(match.route, match.route.integration, call)
            return await self._invoke(match, replace(call, authorizer=passed.payload_1), passed)
        except (TimeoutError, TooManyRequestsError):
            return Response.json({"message": "Service Unavailable"}, 503)

    def _call(self, match: HttpMatch, request: Request, path: str) -> ProxyCall:
        route = match.route
        return ProxyCall(
            request=request,
            api_id=self.api.api_id,
            stage=self.api.stage.name,
            stage_variables=self.api.stage.variables,
            domain_name=self._domain_name,
            resource=route.path,
            path=unquote(path),
            parameters=match.parameters,
            request_id=ids.request_id(),
        )

    async def _invoke(self, match: HttpMatch, call: ProxyCall, passed: Pass) -> Response:
        route = match.route
        if route.payload_format == "1.0":
            event = proxy_events.proxy(call, version="1.0")
            event["path"] = call.full_path
        else:
            event = http_events.event(
                self.api, route.route_key, match.parameters, call.request, self._domain_name, passed.payload_2
            )
        if len(event.get("body") or "") > MAX_EVENT_BYTES:
            return _too_large()
        outcome = await self._invoker.invoke(route.function, event, timeout_seconds=route.timeout_seconds)
        if outcome.error == "RequestTooLargeException":
            # As JSON in an event, quotes and backslashes take two bytes.
            return _too_large()
        if route.payload_format != "1.0":
            return http_response(outcome)
        try:
            return proxy_response(outcome, decodes=lambda: True, content_type="text/plain; charset=utf-8")
        except MalformedAnswerError:
            return Response.json({"message": "Internal Server Error"}, 500)

    async def _forward(self, route: HttpRoute, integration: Integration, call: ProxyCall) -> Response:
        request = call.request
        forwarded = Call(
            source=Source(),
            template_keys=(),
            response_keys=lambda *_: (),
            method=request.method,
            body=request.body,
            query=request.query,
            headers=request.headers,
            path_parameters=call.parameters,
        )
        try:
            answer = await self._integrations.run(
                integration, forwarded, timeout_seconds=route.timeout_seconds
            )
        except IntegrationError as error:
            logger.warning("%s: %s", route.route_key, error)
            return Response.json({"message": "Service Unavailable"}, 503)
        return Response(answer.status, answer.body, answer.headers)


def _too_large() -> Response:
    return Response.json({"message": "Request Entity Too Large"}, 413)


def _origin(cors: Cors, request: Request) -> str | None:
    origin = request.header("origin")
    if "*" in cors.allow_origins:
        return "*" if not cors.allow_credentials else origin
    return origin if origin in cors.allow_origins else None


def _preflight(cors: Cors, request: Request) -> Response:
    """The gateway answers preflights itself (case G7)."""
    origin = _origin(cors, request)
    if origin is None:
        return Response(204)
    headers = [("access-control-allow-origin", origin)]
    for name, values in (("methods", cors.allow_methods), ("headers", cors.allow_headers)):
        if values:
            headers.append((f"access-control-allow-{name}", ",".join(values)))
    if cors.max_age_seconds is not None:
        headers.append(("access-control-max-age", str(cors.max_age_seconds)))
    if cors.allow_credentials:
        headers.append(("access-control-allow-credentials", "true"))
    return Response(204, b"", headers)


def _with_cors(response: Response, cors: Cors, request: Request) -> Response:
    """Its own headers, and none of the function's (case G7)."""
    headers = [(name, value) for name, value in response.headers if not name.startswith("access-control-")]
    origin = _origin(cors, request) if request.header("origin") else None
    if origin is not None:
        headers.append(("access-control-allow-origin", origin))
        if cors.expose_headers:
            headers.append(("access-control-expose-headers", ",".join(cors.expose_headers)))
        if cors.allow_credentials:
            headers.append(("access-control-allow-credentials", "true"))
    return Response(response.status, response.body, headers)
