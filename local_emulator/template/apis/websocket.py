"""WebSocket APIs: routes, their integrations, models and authorizers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_emulator.model import Authorizer, Stage, WebSocketApi, WebSocketRoute
from local_emulator.template.apis.authorizers import authorizer_of
from local_emulator.template.apis.integrations import target_of
from local_emulator.template.apis.models import named, schemas
from local_emulator.template.apis.stages import stages_of
from local_emulator.template.errors import TemplateError
from local_emulator.template.stack import Resource, Stack, about

_MAX_TIMEOUT_SECONDS = 29.0
_API_KEY = "$request.header.x-api-key"


def websocket_apis(stack: Stack, warnings: list[str]) -> tuple[WebSocketApi, ...]:
    """Every stage of every API of protocol type WEBSOCKET.

    Raises:
        TemplateError: one uses what the emulator would have to fake.
    """
    apis: list[WebSocketApi] = []
    for resource in stack.of_type("AWS::ApiGatewayV2::Api"):
        if resource.properties.get("ProtocolType") == "WEBSOCKET":
            with about(resource.logical_id):
                stages = stages_of(stack, resource, warnings)
                apis.extend(_api(stack, resource, stage) for stage in stages)
    return tuple(apis)


def _api(stack: Stack, resource: Resource, stage: Stage) -> WebSocketApi:
    api_id = stack.name(resource.logical_id)
    expression = resource.properties.get("RouteSelectionExpression")
    if not expression:
        raise TemplateError("RouteSelectionExpression is missing")
    key = str(resource.properties.get("ApiKeySelectionExpression", _API_KEY))
    if key.lower() != _API_KEY:
        raise TemplateError(f"ApiKeySelectionExpression {key} is not emulated, only {_API_KEY}")
    return WebSocketApi(
        logical_id=resource.logical_id,
        api_id=api_id,
        name=str(resource.properties.get("Name", resource.logical_id)),
        route_selection_expression=str(expression),
        stage=stage,
        routes={route.route_key: route for route in _routes(stack, api_id, stage)},
    )


def _routes(stack: Stack, api_id: str, stage: Stage) -> list[WebSocketRoute]:
    models = schemas(stack, "AWS::ApiGatewayV2::Model", "ApiId", api_id)
    answered = {
        str(response.properties.get("RouteId"))
        for response in stack.of_type("AWS::ApiGatewayV2::RouteResponse")
    }
    routes: dict[str, WebSocketRoute] = {}
    for resource in stack.of_type("AWS::ApiGatewayV2::Route"):
        if resource.properties.get("ApiId") != api_id:
            continue
        with about(resource.logical_id):
            responds = stack.name(resource.logical_id) in answered
            route = _route(stack, resource.properties, stage, models, responds=responds)
            if route.route_key in routes:
                raise TemplateError(f"there are two routes {route.route_key}")
            routes[route.route_key] = route
    return list(routes.values())


def _route(
    stack: Stack, route: Mapping[str, Any], stage: Stage, models: Mapping[str, Any], *, responds: bool
) -> WebSocketRoute:
    authorization = str(route.get("AuthorizationType", "NONE"))
    if authorization not in ("NONE", "CUSTOM", "AWS_IAM"):
        raise TemplateError(f"AuthorizationType {authorization} is not emulated on WebSocket APIs")
    if route.get("RequestParameters"):
        raise TemplateError("RequestParameters of a route are not emulated")
    target = target_of(stack, route, stage.variables, longest_seconds=_MAX_TIMEOUT_SECONDS)
    return WebSocketRoute(
        route_key=str(route["RouteKey"]),
        function=target.function,
        integration=target.integration,
        responds=responds or bool(route.get("RouteResponseSelectionExpression")),
        timeout_seconds=target.timeout_seconds,
        authorizer=_authorizer(stack, route, stage) if authorization == "CUSTOM" else None,
        authorization_type=authorization,
        api_key_required=str(route.get("ApiKeyRequired")).lower() == "true",
        model_selection=str(route.get("ModelSelectionExpression", "")),
        models=named(route.get("RequestModels"), models),
    )


def _authorizer(stack: Stack, route: Mapping[str, Any], stage: Stage) -> Authorizer:
    found = authorizer_of(stack, route.get("AuthorizerId"), stage.variables)
    if not isinstance(found, Authorizer):
        raise TemplateError(
            f"the authorizer {found.name} is a JWT authorizer, which WebSocket APIs do not have"
        )
    return found
