"""The integrations of raw resources: `AWS::ApiGatewayV2::Integration` with its responses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_emulator.mapping_templates import MappingError, check
from local_emulator.model import Integration, IntegrationResponse
from local_emulator.template.errors import TemplateError
from local_emulator.template.stack import Resource, Stack, about

_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class Target:
    """What a route runs: a function behind Lambda's proxy integration, or another integration."""

    timeout_seconds: float
    function: str = ""
    integration: Integration | None = None
    payload_format: str = "2.0"


def with_stage_variables(text: Any, variables: Mapping[str, str]) -> str:
    """An integration's URI with the stage's variables in it.

    Raises:
        TemplateError: the stage has no such variable.
    """

    def value(found: re.Match[str]) -> str:
        if found[1] not in variables:
            raise TemplateError(f"{text} names the stage variable {found[1]}, which the stage does not have")
        return variables[found[1]]

    return _STAGE_VARIABLE.sub(value, str(text))


def checked(templates: Any, resource: str) -> dict[str, str]:
    """Mapping templates by key.

    Raises:
        TemplateError: one uses what is not emulated.
    """
    plain = {str(key).replace("\\$", "$"): str(template) for key, template in (templates or {}).items()}
    for key, template in plain.items():
        try:
            check(template)
        except MappingError as error:
            raise TemplateError(f"{resource} {key}: {error}") from error
    return plain


def target_of(
    stack: Stack, route: Mapping[str, Any], variables: Mapping[str, str], *, longest_seconds: float
) -> Target:
    """What a raw route's `Target` leads to.

    Raises:
        TemplateError: to nothing in this template, or to what is not emulated.
    """
    wanted = str(route.get("Target", "")).removeprefix("integrations/")
    for resource in stack.of_type("AWS::ApiGatewayV2::Integration"):
        if stack.name(resource.logical_id) == wanted:
            with about(resource.logical_id):
                return _target(stack, resource, variables, longest_seconds)
    raise TemplateError(f"the route {route.get('RouteKey')} has no integration in this template")


def _target(stack: Stack, resource: Resource, variables: Mapping[str, str], longest_seconds: float) -> Target:
    properties = resource.properties
    kind = str(properties.get("IntegrationType"))
    for unsupported in ("IntegrationSubtype", "ConnectionId", "RequestParameters", "ResponseParameters"):
        if properties.get(unsupported):
            raise TemplateError(f"{unsupported} of an integration is not emulated")
    timeout = float(properties.get("TimeoutInMillis", longest_seconds * 1000)) / 1000
    seconds = min(timeout, longest_seconds)
    uri = with_stage_variables(properties.get("IntegrationUri"), variables)
    if kind == "AWS_PROXY":
        payload_format = str(properties.get("PayloadFormatVersion", "2.0"))
        return Target(timeout_seconds=seconds, function=stack.function(uri), payload_format=payload_format)
    if properties.get("ContentHandlingStrategy"):
        raise TemplateError("ContentHandlingStrategy of an integration is not emulated")
    if kind not in ("MOCK", "AWS", "HTTP", "HTTP_PROXY"):
        raise TemplateError(f"{kind} integrations are not emulated")
    if kind.startswith("HTTP") and not uri.startswith(("http://", "https://")):
        raise TemplateError(f"IntegrationUri is {uri}, a URL is wanted")
    integration = Integration(
        type=kind,
        function=stack.function(uri) if kind == "AWS" else "",
        url=uri if kind.startswith("HTTP") else "",
        method=str(properties.get("IntegrationMethod", "POST")),
        templates=checked(properties.get("RequestTemplates"), "RequestTemplates"),
        template_selection=str(properties.get("TemplateSelectionExpression", "")),
        passthrough=str(properties.get("PassthroughBehavior", "WHEN_NO_MATCH")),
        responses=tuple(_responses(stack, stack.name(resource.logical_id))),
    )
    return Target(timeout_seconds=seconds, integration=integration)


def _responses(stack: Stack, integration_id: str) -> list[IntegrationResponse]:
    found = []
    for resource in stack.of_type("AWS::ApiGatewayV2::IntegrationResponse"):
        properties = resource.properties
        if properties.get("IntegrationId") != integration_id:
            continue
        with about(resource.logical_id):
            if properties.get("ResponseParameters"):
                raise TemplateError("ResponseParameters of an integration response are not emulated")
            found.append(
                IntegrationResponse(
                    pattern=_pattern(str(properties.get("IntegrationResponseKey"))),
                    templates=checked(properties.get("ResponseTemplates"), "ResponseTemplates"),
                    template_selection=str(properties.get("TemplateSelectionExpression", "")),
                )
            )
    return found


def _pattern(key: str) -> str:
    """An integration response's key: `$default`, or a regular expression between slashes."""
    if key == "$default":
        return ""
    try:
        re.compile(key.strip("/"))
    except re.error as error:
        raise TemplateError(f"IntegrationResponseKey {key} is no regular expression: {error}") from error
    return key.strip("/")
