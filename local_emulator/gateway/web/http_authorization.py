"""Who may call an HTTP API's route: JWT and Lambda authorizers, and AWS_IAM (case G9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_emulator.gateway.access.authorizers import Authorizers, Verdict
from local_emulator.gateway.access.identity import identity, signed
from local_emulator.gateway.web import http_events, proxy_events
from local_emulator.gateway.web.proxy_events import ProxyCall
from local_emulator.gateway.web.routing import HttpMatch
from local_emulator.gateway.web.tokens import InvalidTokenError, Verifier
from local_emulator.http1 import Response
from local_emulator.invocation import Invoker
from local_emulator.model import Authorizer, HttpApi, HttpRoute, JwtAuthorizer

_MESSAGES = {401: "Unauthorized", 403: "Forbidden", 500: "Internal Server Error"}


@dataclass(frozen=True, kw_only=True)
class Pass:
    """A caller that may go on: what events of either payload format say of it, None where they say nothing."""

    payload_1: Mapping[str, Any] | None = None
    payload_2: Mapping[str, Any] | None = None


class HttpAuthorization:
    """The authorizers of one HTTP API."""

    def __init__(self, api: HttpApi, invoker: Invoker, domain_name: str) -> None:
        self._api = api
        self._domain_name = domain_name
        self._authorizers = Authorizers(invoker)
        self._verifiers: dict[str, Verifier] = {}

    async def authorize(self, match: HttpMatch, call: ProxyCall) -> Pass | Response:
        """The caller's pass, or what it is refused with."""
        route = match.route
        if route.authorization_type == "AWS_IAM":
            return Pass() if signed(call.request) else _refusal(403)
        match route.authorizer:
            case None:
                return Pass()
            case JwtAuthorizer() as authorizer:
                return await self._by_token(authorizer, route, call)
            case authorizer:
                return await self._by_function(authorizer, match, call)

    async def _by_token(
        self, authorizer: JwtAuthorizer, route: HttpRoute, call: ProxyCall
    ) -> Pass | Response:
        found = identity([authorizer.identity_source], call.request, call.stage_variables, {})
        if found is None:
            return _refusal(401, "Bearer")
        if authorizer.logical_id not in self._verifiers:
            self._verifiers[authorizer.logical_id] = Verifier(authorizer)
        try:
            token = await self._verifiers[authorizer.logical_id].verify(found[0])
        except InvalidTokenError as error:
            said = str(error).replace('"', "'")
            return _refusal(401, f'Bearer scope="" error="invalid_token" error_description="{said}"')
        if route.scopes and not set(route.scopes) & set(token.scopes):
            return _refusal(403, f'Bearer scope="{" ".join(route.scopes)}" error="insufficient_scope"')
        scopes = list(token.scopes) if route.scopes else None
        about = {"claims": dict(token.claims), "scopes": scopes}
        return Pass(payload_1=about, payload_2={"jwt": about})

    async def _by_function(
        self, authorizer: Authorizer, match: HttpMatch, call: ProxyCall
    ) -> Pass | Response:
        context = {**proxy_events.context(call), "routeKey": match.route.route_key}
        found = identity(authorizer.identity_sources, call.request, call.stage_variables, context)
        if found is None:
            return _refusal(401)

        def event() -> Mapping[str, Any]:
            if authorizer.payload_format == "1.0":
                return proxy_events.authorize(call, version="1.0", identity=found)
            described = http_events.event(
                self._api, match.route.route_key, match.parameters, call.request, self._domain_name
            )
            for name in ("body", "isBase64Encoded"):
                described.pop(name, None)
            return {**described, "type": "REQUEST", "routeArn": call.arn, "identitySource": list(found)}

        verdict = await self._authorizers.judge(authorizer, found, event, call.arn)
        return _pass(verdict)


def _pass(verdict: Verdict) -> Pass | Response:
    if verdict.status != 200:
        return _refusal(verdict.status)
    context = dict(verdict.context or {})
    plain = {name: value for name, value in context.items() if name != "principalId"}
    return Pass(payload_1={**context, "integrationLatency": 0}, payload_2={"lambda": plain})


def _refusal(status: int, challenge: str = "") -> Response:
    headers = (("www-authenticate", challenge),) if challenge else ()
    return Response.json({"message": _MESSAGES[status]}, status, headers)
