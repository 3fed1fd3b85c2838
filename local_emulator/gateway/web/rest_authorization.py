"""Who may call a REST API's method: TOKEN and REQUEST authorizers, AWS_IAM, and API keys.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from local_emulator.gateway.access.authorizers import UNAUTHORIZED, Authorizers, Verdict, texts_of_context
from local_emulator.gateway.access.identity import identity, signed
from local_emulator.gateway.access.policy import Effect
from local_emulator.gateway.web import proxy_events
from local_emulator.gateway.web.gateway_responses import Said
from local_emulator.gateway.web.proxy_events import ProxyCall
from local_emulator.model import Authorizer, RestMethod

_MISSING_TOKEN = Said("MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token")
_UNAUTHORIZED = Said("UNAUTHORIZED", 401, "Unauthorized")
_DENIED = Said("ACCESS_DENIED", 403, "User is not authorized to access this resource with an explicit deny")
_UNMENTIONED = Said("ACCESS_DENIED", 403, "User is not authorized to access this resource")
_FAILED = Said("AUTHORIZER_CONFIGURATION_ERROR", 500, None)
_INVALID_KEY = Said("INVALID_API_KEY", 403, "Forbidden")


async def authorize(method: RestMethod, call: ProxyCall, authorizers: Authorizers) -> ProxyCall | Said:
    """The call with what the authorizer says of its caller, or what the caller is refused with."""
    if method.authorization_type == "AWS_IAM":
        return call if signed(call.request) else _MISSING_TOKEN
    authorizer = method.authorizer
    if authorizer is None:
        return call
    if authorizer.type == "TOKEN":
        verdict = await _by_token(authorizer, call, authorizers)
    else:
        verdict = await _by_request(authorizer, call, authorizers)
    if verdict.status == 200:
        return replace(call, authorizer={**texts_of_context(verdict), "integrationLatency": 0})
    if verdict.status == 403:
        return _DENIED if verdict.effect is Effect.DENIED else _UNMENTIONED
    return _UNAUTHORIZED if verdict.status == 401 else _FAILED


async def _by_token(authorizer: Authorizer, call: ProxyCall, authorizers: Authorizers) -> Verdict:
    found = identity(authorizer.identity_sources, call.request, {}, {})
    if not found:
        return UNAUTHORIZED
    if authorizer.token_pattern and not re.search(authorizer.token_pattern, found[0]):
        return UNAUTHORIZED
    return await authorizers.judge(authorizer, found, lambda: proxy_events.token(call, found[0]), call.arn)


async def _by_request(authorizer: Authorizer, call: ProxyCall, authorizers: Authorizers) -> Verdict:
    context = proxy_events.context(call)
    found = identity(authorizer.identity_sources, call.request, call.stage_variables, context)
    if found is None:
        return UNAUTHORIZED
    return await authorizers.judge(authorizer, found, lambda: proxy_events.authorize(call), call.arn)


def with_key(method: RestMethod, call: ProxyCall, keys: Mapping[str, str]) -> ProxyCall | Said:
    """The call with its API key, where the method asks for one of a usage plan of the stage."""
    given = call.request.header("x-api-key")
    if not method.api_key_required:
        return call
    return replace(call, api_key=given, api_key_id=keys[given]) if given in keys else _INVALID_KEY
