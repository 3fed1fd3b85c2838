"""What a REST API itself says, and how a template may have it said.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from local_emulator.gateway.access.identity import identity
from local_emulator.gateway.web.proxy_events import ProxyCall, context
from local_emulator.http1 import Response
from local_emulator.mapping_templates import MappingError, Source, render
from local_emulator.model import GatewayResponse

_ERROR_TYPES = {
    "ACCESS_DENIED": "AccessDeniedException",
    "AUTHORIZER_CONFIGURATION_ERROR": "AuthorizerConfigurationException",
    "BAD_REQUEST_BODY": "BadRequestException",
    "BAD_REQUEST_PARAMETERS": "BadRequestException",
    "INVALID_API_KEY": "ForbiddenException",
    "MISSING_AUTHENTICATION_TOKEN": "MissingAuthenticationTokenException",
    "REQUEST_TOO_LARGE": "RequestTooLargeException",
    "THROTTLED": "LimitExceededException",
    "UNAUTHORIZED": "UnauthorizedException",
    "UNSUPPORTED_MEDIA_TYPE": "BadRequestException",
}


@dataclass(frozen=True)
class Said:
    """A gateway's own answer: its type, its status, its message (None is JSON's null)."""

    kind: str
    status: int
    message: str | None


def response(said: Said, call: ProxyCall, customised: Mapping[str, GatewayResponse]) -> Response:
    """The answer, as the template has it said: by its type, else by DEFAULT_4XX or DEFAULT_5XX, else as it is."""
    default = "DEFAULT_4XX" if said.status < 500 else "DEFAULT_5XX"
    custom = customised.get(said.kind) or customised.get(default) or GatewayResponse()
    error_type = _ERROR_TYPES.get(said.kind, "InternalServerErrorException")
    headers = {"content-type": "application/json", "x-amzn-ErrorType": error_type}
    # An authorizer's refusal spells its member in its own way.
    name = "Message" if said.kind == "ACCESS_DENIED" else "message"
    body = json.dumps({name: said.message})
    for content_type, template in custom.templates.items():
        headers["content-type"] = content_type
        body = _filled(template, said, call)
        break
    for header, value in custom.headers.items():
        headers[header] = _value(value, said, call)
    return Response(custom.status or said.status, body.encode(), tuple(headers.items()))


def _context(said: Said, call: ProxyCall) -> dict[str, object]:
    message = said.message or ""
    error = {"message": message, "messageString": json.dumps(message), "responseType": said.kind}
    return {**context(call), "error": error}


def _filled(template: str, said: Said, call: ProxyCall) -> str:
    source = Source(context=_context(said, call), stage_variables=call.stage_variables)
    try:
        return render(template, source)
    except MappingError:
        return json.dumps({"message": said.message})


def _value(value: str, said: Said, call: ProxyCall) -> str:
    if value.startswith("'"):
        return value.strip("'")
    found = identity([value], call.request, call.stage_variables, _context(said, call))
    return found[0] if found else ""
