"""One REST API: methods, authorizers, keys, validation, payload 1.0 and the gateway's own words (case G12)."""

from __future__ import annotations

import logging
from dataclasses import replace
from urllib.parse import parse_qs, unquote

from local_emulator.faults import Faults
from local_emulator.gateway.access.authorizers import Authorizers
from local_emulator.gateway.integrations import Answer, Call, IntegrationError
from local_emulator.gateway.validation import fits
from local_emulator.gateway.web import gateway_responses, proxy_events, rest_authorization
from local_emulator.gateway.web.faults import suffer
from local_emulator.gateway.web.gateway_responses import Said
from local_emulator.gateway.web.proxy_answers import MalformedAnswerError, proxy_response
from local_emulator.gateway.web.proxy_events import ProxyCall, is_binary
from local_emulator.gateway.web.routing import RestMatch, match_rest_method
from local_emulator.gateway.web.server import MAX_BODY_BYTES, MAX_EVENT_BYTES, WebApiServer
from local_emulator.http1 import Request, Response
from local_emulator.invocation import Invoker, TooManyRequestsError
from local_emulator.mapping_templates import Source
from local_emulator.model import Integration, IntegrationResponse, RestApi, RestMethod
from local_emulator.observer import NOBODY, Observer

logger = logging.getLogger(__name__)

_NO_METHOD = Said("MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token")
_THROTTLED = Said("THROTTLED", 429, "Too Many Requests")
_TOO_LARGE = Said("REQUEST_TOO_LARGE", 413, f"HTTP content length exceeded {MAX_BODY_BYTES} bytes.")
_TIMED_OUT = Said("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out")
_FAILED = Said("API_CONFIGURATION_ERROR", 502, "Internal server error")


class RestApiServer(WebApiServer[RestApi]):
    """Serves a REST API's stage."""

    def __init__(
        self,
        api: RestApi,
        invoker: Invoker,
        *,
        domain_name: str,
        faults: Faults | None = None,
        observer: Observer = NOBODY,
    ) -> None:
        super().__init__(api, invoker, domain_name=domain_name, faults=faults, observer=observer)
        self._authorizers = Authorizers(invoker)

    async def _respond(self, request: Request) -> Response:
        match = match_rest_method(self.api, request.method, self._path(request))
        call = self._call(request, match)
        outcome = await self._run(match, call)
        if isinstance(outcome, Said):
            outcome = gateway_responses.response(outcome, call, self.api.gateway_responses)
        return _with_request_id(outcome, call)

    def _path(self, request: Request) -> str:
        stage = f"/{self.api.stage.name}"
        path = request.path
        return (path.removeprefix(stage) or "/") if f"{path}/".startswith(f"{stage}/") else path

    def _call(self, request: Request, match: RestMatch | None) -> ProxyCall:
        path = unquote(self._path(request))
        return ProxyCall(
            request=request,
            api_id=self.api.api_id,
            stage=self.api.stage.name,
            stage_variables=self.api.stage.variables,
            domain_name=self._domain_name,
            resource=match.method.path if match else path,
            path=path,
            parameters=match.parameters if match else {},
        )

    async def _run(self, match: RestMatch | None, call: ProxyCall) -> Response | Said:
        if match is None:
            return _NO_METHOD
        method = match.method
        refusal = await suffer(self._faults, self.api.logical_id, method.route_key)
        if refusal is not None:
            return refusal
        if len(call.request.body) > MAX_BODY_BYTES:
            return _TOO_LARGE
        if not self._throttles.admit(method.route_key):
            return _THROTTLED
        authorized = await rest_authorization.authorize(method, call, self._authorizers)
        if isinstance(authorized, Said):
            return authorized
        known = rest_authorization.with_key(method, authorized, self.api.stage.api_keys)
        if isinstance(known, Said):
            return known
        invalid = _invalid(method, known.request)
        if invalid is not None:
            return invalid
        try:
            if method.integration is not None:
                return await self._integrate(method, method.integration, known)
            return await self._invoke(method, known)
        except TimeoutError:
            return _TIMED_OUT

    async def _invoke(self, method: RestMethod, call: ProxyCall) -> Response | Said:
        binary = self.api.binary_media_types
        event = proxy_events.proxy(call, binary_media_types=binary)
        if len(event["body"] or "") > MAX_EVENT_BYTES:
            return _FAILED
        accepted = call.request.header("accept").partition(",")[0]
        try:
            outcome = await self._invoker.invoke(
                method.function, event, timeout_seconds=method.timeout_seconds
            )
            return proxy_response(outcome, decodes=lambda: is_binary(accepted, binary))
        except (TooManyRequestsError, MalformedAnswerError):
            return _FAILED

    async def _integrate(
        self, method: RestMethod, integration: Integration, call: ProxyCall
    ) -> Response | Said:
        try:
            answer = await self._integrations.run(
                integration, _integration_call(call), timeout_seconds=method.timeout_seconds
            )
        except IntegrationError as error:
            if error.status == 415:
                return Said("UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported Media Type")
            logger.warning("%s: %s", method.route_key, error)
            if error.status == 504:
                return Said("INTEGRATION_FAILURE", 504, "Network error communicating with endpoint")
            return replace(_FAILED, status=error.status)
        return _answered(answer)


def _answered(answer: Answer) -> Response:
    headers = list(answer.headers)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/json"))
    return Response(answer.status, answer.body, headers)


def _integration_call(call: ProxyCall) -> Call:
    request = call.request
    content_type = request.header("content-type").partition(";")[0].strip() or "application/json"
    accepted = request.header("accept").partition(",")[0].partition(";")[0].strip()

    def response_keys(response: IntegrationResponse, _: Answer) -> tuple[str, ...]:
        return (accepted, "application/json", *response.templates)

    query = {name: values[-1] for name, values in parse_qs(request.query, keep_blank_values=True).items()}
    return Call(
        source=Source(
            body=request.body.decode(errors="replace"),
            parameters={
                "path": call.parameters,
                "querystring": query,
                "header": {name: value for name, value in request.headers},  # noqa: C416 the last one wins
            },
            context=proxy_events.context(call),
            stage_variables=call.stage_variables,
        ),
        template_keys=(content_type,),
        response_keys=response_keys,
        method=request.method,
        body=request.body,
        query=request.query,
        headers=request.headers,
        path_parameters=call.parameters,
    )


def _invalid(method: RestMethod, request: Request) -> Said | None:
    """What a request validator says, if anything.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
    """
    query = parse_qs(request.query)
    missing = []
    for parameter in method.required_parameters:
        place, _, name = parameter.partition(".")
        present = query.get(name) if place == "querystring" else request.header(name)
        if not present:
            missing.append(name)
    if missing:
        return Said(
            "BAD_REQUEST_PARAMETERS", 400, f"Missing required request parameters: [{', '.join(missing)}]"
        )
    if method.models:
        kind = request.header("content-type").partition(";")[0].strip() or "application/json"
        model = method.models.get(kind)
        if model is not None and not fits(model, request.body.decode(errors="replace")):
            return Said("BAD_REQUEST_BODY", 400, "Invalid request body")
    return None


def _with_request_id(response: Response, call: ProxyCall) -> Response:
    return Response(
        response.status, response.body, (*response.headers, ("x-amzn-RequestId", call.request_id))
    )
