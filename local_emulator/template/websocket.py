"""WebSocket APIs: routes, their integrations and authorizers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_emulator.model import Authorizer, WebSocketApi, WebSocketRoute
from local_emulator.template.errors import TemplateError
from local_emulator.template.stack import Resource, Stack, about
from local_emulator.template.stages import stage_of

_MAX_TIMEOUT_SECONDS = 29.0


def websocket_apis(stack: Stack, warnings: list[str]) -> tuple[WebSocketApi, ...]:
    """Every API of protocol type WEBSOCKET.

    Raises:
        TemplateError: one uses what the emulator would have to fake.
    """
    apis = []
    for resource in stack.of_type("AWS::ApiGatewayV2::Api"):
        if resource.properties.get("ProtocolType") == "WEBSOCKET":
            with about(resource.logical_id):
                apis.append(_api(stack, resource, warnings))
    return tuple(apis)


def _api(stack: Stack, resource: Resource, warnings: list[str]) -> WebSocketApi:
    api_id = stack.name(resource.logical_id)
    expression = resource.properties.get("RouteSelectionExpression")
    if not expression:
        raise TemplateError("RouteSelectionExpression is missing")
    return WebSocketApi(
        logical_id=resource.logical_id,
        api_id=api_id,
        name=str(resource.properties.get("Name", resource.logical_id)),
        route_selection_expression=str(expression),
        stage=stage_of(stack, resource, warnings),
        routes={route.route_key: route for route in _routes(stack, api_id)},
    )


def _routes(stack: Stack, api_id: str) -> list[WebSocketRoute]:
    integrations = {
        stack.name(resource.logical_id): resource
        for resource in stack.of_type("AWS::ApiGatewayV2::Integration")
    }
    routes: dict[str, WebSocketRoute] = {}
    for resource in stack.of_type("AWS::ApiGatewayV2::Route"):
        if resource.properties.get("ApiId") != api_id:
            continue
        with about(resource.logical_id):
            route = _route(stack, resource.properties, integrations)
            if route.route_key in routes:
                raise TemplateError(f"there are two routes {route.route_key}")
            routes[route.route_key] = route
    return list(routes.values())


def _route(stack: Stack, route: Mapping[str, Any], integrations: Mapping[str, Resource]) -> WebSocketRoute:
    if route.get("RequestModels"):
        raise TemplateError("request models are not emulated")
    if str(route.get("ApiKeyRequired")).lower() == "true":
        raise TemplateError("API keys are not emulated")
    authorization = str(route.get("AuthorizationType", "NONE"))
    function, timeout = integration_of(stack, route, integrations, _MAX_TIMEOUT_SECONDS)
    return WebSocketRoute(
        route_key=str(route["RouteKey"]),
        function=function,
        responds=bool(route.get("RouteResponseSelectionExpression")),
        timeout_seconds=timeout,
        authorizer=_authorizer(stack, route.get("AuthorizerId")) if authorization == "CUSTOM" else None,
        authorization_type=authorization,
    )


def integration_of(
    stack: Stack, route: Mapping[str, Any], integrations: Mapping[str, Resource], longest_seconds: float
) -> tuple[str, float]:
    """The function behind a raw route, and its time-out in seconds.

    Raises:
        TemplateError: the integration is not a Lambda proxy.
    """
    target = str(route.get("Target", "")).removeprefix("integrations/")
    if target not in integrations:
        raise TemplateError(f"the route {route.get('RouteKey')} has no integration in this template")
    resource = integrations[target]
    with about(resource.logical_id):
        properties = resource.properties
        if properties.get("IntegrationType") != "AWS_PROXY" or properties.get("IntegrationSubtype"):
            raise TemplateError(
                f"{properties.get('IntegrationType')} integrations are not emulated, only Lambda's AWS_PROXY"
            )
        if (
            str(properties.get("PayloadFormatVersion", "2.0")) == "1.0"
            and longest_seconds > _MAX_TIMEOUT_SECONDS
        ):
            raise TemplateError("payload format 1.0 is not emulated, only 2.0")
        timeout = float(properties.get("TimeoutInMillis", longest_seconds * 1000)) / 1000
        return stack.function(properties.get("IntegrationUri")), min(timeout, longest_seconds)


def _authorizer(stack: Stack, authorizer_id: Any) -> Authorizer:
    for resource in stack.of_type("AWS::ApiGatewayV2::Authorizer"):
        if stack.name(resource.logical_id) != authorizer_id:
            continue
        with about(resource.logical_id):
            properties = resource.properties
            if properties.get("AuthorizerType") != "REQUEST":
                raise TemplateError(f"{properties.get('AuthorizerType')} authorizers are not emulated")
            sources = properties.get("IdentitySource") or []
            return Authorizer(
                logical_id=resource.logical_id,
                name=str(properties.get("Name", resource.logical_id)),
                function=stack.function(properties.get("AuthorizerUri")),
                identity_sources=tuple(map(str, [sources] if isinstance(sources, str) else sources)),
            )
    raise TemplateError(f"there is no authorizer {authorizer_id}")
