"""HTTP APIs: from the OpenAPI body that SAM writes, or from routes of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_emulator.model import Cors, HttpApi, HttpRoute
from local_emulator.template.errors import TemplateError
from local_emulator.template.stack import Resource, Stack, about, whole_number
from local_emulator.template.stages import stage_of
from local_emulator.template.websocket import integration_of

_MAX_TIMEOUT_SECONDS = 30.0
_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
_ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"


def http_apis(stack: Stack, warnings: list[str]) -> tuple[HttpApi, ...]:
    """Every API of protocol type HTTP.

    Raises:
        TemplateError: one uses what the emulator would have to fake.
    """
    apis = []
    for resource in stack.of_type("AWS::ApiGatewayV2::Api"):
        if resource.properties.get("ProtocolType") != "WEBSOCKET":
            with about(resource.logical_id):
                apis.append(_api(stack, resource, warnings))
    return tuple(apis)


def _api(stack: Stack, resource: Resource, warnings: list[str]) -> HttpApi:
    properties = resource.properties
    for unsupported in ("BodyS3Location", "Target"):
        if unsupported in properties:
            raise TemplateError(f"{unsupported} is not emulated: declare the routes")
    body = properties.get("Body") or {}
    routes = [*_body_routes(stack, body), *_own_routes(stack, stack.name(resource.logical_id))]
    return HttpApi(
        logical_id=resource.logical_id,
        api_id=stack.name(resource.logical_id),
        name=str(properties.get("Name") or body.get("info", {}).get("title") or resource.logical_id),
        stage=stage_of(stack, resource, warnings),
        routes=tuple(routes),
        cors=_cors(properties.get("CorsConfiguration") or body.get("x-amazon-apigateway-cors")),
    )


def _body_routes(stack: Stack, body: Mapping[str, Any]) -> list[HttpRoute]:
    routes = []
    for path, operations in (body.get("paths") or {}).items():
        for method, operation in operations.items():
            if method in _METHODS or method == _ANY:
                routes.append(_body_route(stack, str(path), method, operation))
    return routes


def _body_route(stack: Stack, path: str, method: str, operation: Mapping[str, Any]) -> HttpRoute:
    where = f"{method.upper()} {path}"
    if any(requirement for requirement in operation.get("security") or []):
        raise TemplateError(f"{where} has an authorizer, which is not emulated on HTTP APIs")
    integration = operation.get(_INTEGRATION) or {}
    if str(integration.get("type")).lower() != "aws_proxy":
        raise TemplateError(f"{where}: {integration.get('type')} integrations are not emulated")
    if str(integration.get("payloadFormatVersion")) == "1.0":
        raise TemplateError(f"{where}: payload format 1.0 is not emulated, only 2.0")
    timeout = float(integration.get("timeoutInMillis", _MAX_TIMEOUT_SECONDS * 1000)) / 1000
    return HttpRoute(
        method="ANY" if method == _ANY else method.upper(),
        path="$default" if path.lstrip("/") == "$default" else path,
        function=stack.function(integration.get("uri")),
        timeout_seconds=min(timeout, _MAX_TIMEOUT_SECONDS),
    )


def _own_routes(stack: Stack, api_id: str) -> list[HttpRoute]:
    integrations = {
        stack.name(resource.logical_id): resource
        for resource in stack.of_type("AWS::ApiGatewayV2::Integration")
    }
    routes = []
    for resource in stack.of_type("AWS::ApiGatewayV2::Route"):
        properties = resource.properties
        if properties.get("ApiId") != api_id:
            continue
        with about(resource.logical_id):
            if properties.get("AuthorizationType", "NONE") != "NONE":
                raise TemplateError("authorizers are not emulated on HTTP APIs")
            function, timeout = integration_of(stack, properties, integrations, _MAX_TIMEOUT_SECONDS)
        method, _, path = str(properties["RouteKey"]).rpartition(" ")
        routes.append(
            HttpRoute(method=method or "ANY", path=path, function=function, timeout_seconds=timeout)
        )
    return routes


def _cors(configuration: Mapping[str, Any] | None) -> Cors | None:
    """From either spelling: CloudFormation's `AllowOrigins` or OpenAPI's `allowOrigins`."""
    if not configuration:
        return None
    settings = {str(name)[:1].lower() + str(name)[1:]: value for name, value in configuration.items()}
    max_age = settings.get("maxAge")
    return Cors(
        allow_origins=tuple(map(str, settings.get("allowOrigins") or [])),
        allow_methods=tuple(map(str, settings.get("allowMethods") or [])),
        allow_headers=tuple(map(str, settings.get("allowHeaders") or [])),
        expose_headers=tuple(map(str, settings.get("exposeHeaders") or [])),
        max_age_seconds=None if max_age is None else whole_number(max_age, "MaxAge"),
        allow_credentials=str(settings.get("allowCredentials")).lower() == "true",
    )
