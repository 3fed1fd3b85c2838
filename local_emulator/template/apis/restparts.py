"""What REST APIs of both kinds, OpenAPI bodies and own resources, have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from local_emulator.model import Authorizer, GatewayResponse, Integration, IntegrationResponse
from local_emulator.template.apis.integrations import checked, with_stage_variables
from local_emulator.template.errors import TemplateError
from local_emulator.template.stack import Stack, whole_number

MAX_TIMEOUT_SECONDS = 29.0
_REMEMBERED_SECONDS = 300
"""How long a REST API remembers an authorizer's answer where the template does not say."""
_METHOD_HEADER = "method.response.header."
_GATEWAY_HEADER = "gatewayresponse.header."


def integration_of(
    stack: Stack, settings: Mapping[str, Any], variables: Mapping[str, str], where: str
) -> tuple[str, Integration | None, float]:
    """The function behind a Lambda proxy, or another integration; and its time-out in seconds.

    `settings` are those of OpenAPI's extension, in its spelling.

    Raises:
        TemplateError: it is of a kind that is not emulated.
    """
    kind = str(settings.get("type")).upper()
    timeout = float(settings.get("timeoutInMillis", MAX_TIMEOUT_SECONDS * 1000)) / 1000
    uri = with_stage_variables(settings.get("uri"), variables)
    for unsupported in ("connectionId", "cacheKeyParameters"):
        if settings.get(unsupported):
            raise TemplateError(f"{where}: {unsupported} of an integration is not emulated")
    if kind == "AWS_PROXY":
        return stack.function(uri), None, timeout
    if settings.get("contentHandling"):
        raise TemplateError(f"{where}: contentHandling of an integration is not emulated")
    _check_parameters(settings.get("requestParameters") or {}, where)
    if kind not in ("MOCK", "AWS", "HTTP", "HTTP_PROXY"):
        raise TemplateError(f"{where}: {settings.get('type')} integrations are not emulated")
    if kind == "AWS" and ":lambda:" not in uri:
        raise TemplateError(f"{where}: of AWS integrations only functions are emulated, not {uri}")
    integration = Integration(
        type=kind,
        function=stack.function(uri) if kind == "AWS" else "",
        url=uri if kind.startswith("HTTP") else "",
        method=str(settings.get("httpMethod", "POST")).upper(),
        templates=checked(settings.get("requestTemplates"), f"{where} requestTemplates"),
        passthrough=str(settings.get("passthroughBehavior", "WHEN_NO_MATCH")).upper(),
        responses=tuple(
            _response(pattern, response, where)
            for pattern, response in (settings.get("responses") or {}).items()
        ),
    )
    return "", integration, timeout


def _check_parameters(parameters: Mapping[str, Any], where: str) -> None:
    """A path variable that goes on under its own name is filled in anyway; other mappings are not known here."""
    for target, origin in parameters.items():
        place = str(target).removeprefix("integration.request.")
        if not (place.startswith("path.") and str(origin) == f"method.request.{place}"):
            raise TemplateError(f"{where}: the request parameter {target} is not emulated")


def _response(pattern: str, settings: Mapping[str, Any], where: str) -> IntegrationResponse:
    if pattern != "default":
        try:
            re.compile(pattern)
        except re.error as error:
            raise TemplateError(
                f"{where}: the response {pattern} is no regular expression: {error}"
            ) from error
    return IntegrationResponse(
        pattern="" if pattern == "default" else pattern,
        status=whole_number(settings.get("statusCode"), "statusCode"),
        templates=checked(settings.get("responseTemplates"), f"{where} responseTemplates"),
        headers={
            str(name).removeprefix(_METHOD_HEADER): str(value)
            for name, value in (settings.get("responseParameters") or {}).items()
            if str(name).startswith(_METHOD_HEADER)
        },
    )


def authorizer_of(
    stack: Stack, name: str, settings: Mapping[str, Any], header: str, variables: Mapping[str, str]
) -> Authorizer:
    """An authorizer from OpenAPI's extension; `header` bears the token where the settings do not say.

    Raises:
        TemplateError: it is of a kind that is not emulated.
    """
    kind = str(settings.get("type")).upper()
    if kind not in ("TOKEN", "REQUEST"):
        raise TemplateError(f"the authorizer {name} is of type {settings.get('type')}, which is not emulated")
    given = settings.get("identitySource") or (f"method.request.header.{header}" if kind == "TOKEN" else "")
    pattern = str(settings.get("identityValidationExpression", "")) if kind == "TOKEN" else ""
    try:
        re.compile(pattern)
    except re.error as error:
        raise TemplateError(f"the authorizer {name}: {pattern} is no regular expression: {error}") from error
    return Authorizer(
        logical_id=name,
        name=name,
        function=stack.function(with_stage_variables(settings.get("authorizerUri"), variables)),
        identity_sources=_split(given),
        type=kind,
        ttl_seconds=whole_number(
            settings.get("authorizerResultTtlInSeconds", _REMEMBERED_SECONDS), "authorizerResultTtlInSeconds"
        ),
        token_pattern=pattern,
    )


def _split(sources: Any) -> tuple[str, ...]:
    items: Iterable[Any] = sources.split(",") if isinstance(sources, str) else sources
    return tuple(text for item in items if (text := str(item).strip()))


def gateway_response(status: Any, parameters: Any, templates: Any, where: str) -> GatewayResponse:
    """A gateway response of a template's own.

    Raises:
        TemplateError: a template of it uses what is not emulated.
    """
    return GatewayResponse(
        status=None if status is None else whole_number(status, "statusCode"),
        headers={
            str(name).removeprefix(_GATEWAY_HEADER): str(value)
            for name, value in (parameters or {}).items()
            if str(name).startswith(_GATEWAY_HEADER)
        },
        templates=checked(templates, where),
    )
