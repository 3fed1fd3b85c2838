"""The authorizers of raw resources: `AWS::ApiGatewayV2::Authorizer`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_emulator.model import Authorizer, JwtAuthorizer
from local_emulator.template.apis.integrations import with_stage_variables
from local_emulator.template.errors import TemplateError
from local_emulator.template.stack import Resource, Stack, about, whole_number


def authorizer_of(
    stack: Stack, authorizer_id: Any, variables: Mapping[str, str]
) -> Authorizer | JwtAuthorizer:
    """The authorizer that a raw route names.

    Raises:
        TemplateError: there is none, or it is of a kind that is not emulated.
    """
    for resource in stack.of_type("AWS::ApiGatewayV2::Authorizer"):
        if stack.name(resource.logical_id) == authorizer_id:
            with about(resource.logical_id):
                return _authorizer(stack, resource, variables)
    raise TemplateError(f"there is no authorizer {authorizer_id}")


def _authorizer(stack: Stack, resource: Resource, variables: Mapping[str, str]) -> Authorizer | JwtAuthorizer:
    properties = resource.properties
    name = str(properties.get("Name", resource.logical_id))
    given = properties.get("IdentitySource") or []
    sources = tuple(map(str, [given] if isinstance(given, str) else given))
    if properties.get("AuthorizerType") == "JWT":
        return jwt_authorizer(resource.logical_id, name, sources, properties.get("JwtConfiguration") or {})
    if properties.get("AuthorizerType") != "REQUEST":
        raise TemplateError(f"{properties.get('AuthorizerType')} authorizers are not emulated")
    return Authorizer(
        logical_id=resource.logical_id,
        name=name,
        function=stack.function(with_stage_variables(properties.get("AuthorizerUri"), variables)),
        identity_sources=sources,
        payload_format=str(properties.get("AuthorizerPayloadFormatVersion", "1.0")),
        simple_responses=str(properties.get("EnableSimpleResponses")).lower() == "true",
        ttl_seconds=whole_number(
            properties.get("AuthorizerResultTtlInSeconds", 0), "AuthorizerResultTtlInSeconds"
        ),
    )


def jwt_authorizer(
    logical_id: str, name: str, sources: tuple[str, ...], configuration: Mapping[str, Any]
) -> JwtAuthorizer:
    """A JWT authorizer from either spelling of its configuration.

    Raises:
        TemplateError: it has no issuer or no audience.
    """
    settings = {str(key).lower(): value for key, value in configuration.items()}
    audience = settings.get("audience") or []
    if not settings.get("issuer") or not audience:
        raise TemplateError(f"the JWT authorizer {name} has no issuer, or no audience")
    return JwtAuthorizer(
        logical_id=logical_id,
        name=name,
        identity_source=sources[0] if sources else "$request.header.Authorization",
        issuer=str(settings["issuer"]),
        audience=tuple(map(str, [audience] if isinstance(audience, str) else audience)),
    )
