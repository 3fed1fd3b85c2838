"""HTTP APIs: from the OpenAPI body that SAM writes, or from routes of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_emulator.model import Authorizer, Cors, HttpApi, HttpRoute, Integration, JwtAuthorizer, Stage
from local_emulator.template.apis.authorizers import authorizer_of, jwt_authorizer
from local_emulator.template.apis.integrations import target_of, with_stage_variables
from local_emulator.template.apis.openapi import (
    INTEGRATION,
    Operation,
    operations,
    refuse_unknown,
    security_of,
)
from local_emulator.template.apis.stages import stages_of
from local_emulator.template.errors import TemplateError
from local_emulator.template.stack import Resource, Stack, about, whole_number

_MAX_TIMEOUT_SECONDS = 30.0


def http_apis(stack: Stack, warnings: list[str]) -> tuple[HttpApi, ...]:
    """Every stage of every API of protocol type HTTP.

    Raises:
        TemplateError: one uses what the emulator would have to fake.
    """
    apis: list[HttpApi] = []
    for resource in stack.of_type("AWS::ApiGatewayV2::Api"):
        if resource.properties.get("ProtocolType") != "WEBSOCKET":
            with about(resource.logical_id):
                stages = stages_of(stack, resource, warnings)
                apis.extend(_api(stack, resource, stage) for stage in stages)
    return tuple(apis)


def _api(stack: Stack, resource: Resource, stage: Stage) -> HttpApi:
    properties = resource.properties
    for unsupported in ("BodyS3Location", "Target"):
        if unsupported in properties:
            raise TemplateError(f"{unsupported} is not emulated: declare the routes")
    body = properties.get("Body") or {}
    routes = [_body_route(stack, body, operation, stage) for operation in operations(body)]
    routes += _own_routes(stack, stack.name(resource.logical_id), stage)
    return HttpApi(
        logical_id=resource.logical_id,
        api_id=stack.name(resource.logical_id),
        name=str(properties.get("Name") or body.get("info", {}).get("title") or resource.logical_id),
        stage=stage,
        routes=tuple(routes),
        cors=_cors(properties.get("CorsConfiguration") or body.get("x-amazon-apigateway-cors")),
    )


def _body_route(stack: Stack, body: Mapping[str, Any], operation: Operation, stage: Stage) -> HttpRoute:
    where = operation.where
    integration = operation.settings.get(INTEGRATION) or {}
    refuse_unknown(integration, where)
    kind = str(integration.get("type")).lower()
    if kind not in ("aws_proxy", "http_proxy") or integration.get("integrationSubtype"):
        raise TemplateError(f"{where}: {integration.get('type')} integrations are not emulated on HTTP APIs")
    timeout = float(integration.get("timeoutInMillis", _MAX_TIMEOUT_SECONDS * 1000)) / 1000
    uri = with_stage_variables(integration.get("uri"), stage.variables)
    proxied = kind == "http_proxy"
    return HttpRoute(
        method=operation.method,
        path="$default" if operation.path.lstrip("/") == "$default" else operation.path,
        function="" if proxied else stack.function(uri),
        integration=_proxy(uri, integration) if proxied else None,
        timeout_seconds=min(timeout, _MAX_TIMEOUT_SECONDS),
        payload_format=str(integration.get("payloadFormatVersion", "2.0")),
        **_body_authorization(stack, body, operation, stage),
    )


def _proxy(uri: str, integration: Mapping[str, Any]) -> Integration:
    return Integration(type="HTTP_PROXY", url=uri, method=str(integration.get("httpMethod", "ANY")))


def _body_authorization(
    stack: Stack, body: Mapping[str, Any], operation: Operation, stage: Stage
) -> dict[str, Any]:
    found = security_of(body, operation, (body.get("components") or {}).get("securitySchemes") or {})
    if found is None:
        return {}
    name, scheme, scopes = found
    if scheme.get("x-amazon-apigateway-authtype") == "awsSigv4":
        return {"authorization_type": "AWS_IAM"}
    settings = scheme.get("x-amazon-apigateway-authorizer")
    if not settings:
        raise TemplateError(f"{operation.where}: the security scheme {name} is not emulated")
    given = settings.get("identitySource") or []
    sources = tuple(map(str, given.split(",") if isinstance(given, str) else given))
    if str(settings.get("type")).lower() == "jwt":
        authorizer = jwt_authorizer(name, name, sources, settings.get("jwtConfiguration") or {})
        return {"authorization_type": "JWT", "authorizer": authorizer, "scopes": scopes}
    if str(settings.get("type")).lower() != "request":
        raise TemplateError(f"{operation.where}: {settings.get('type')} authorizers are not emulated")
    return {
        "authorization_type": "CUSTOM",
        "authorizer": Authorizer(
            logical_id=name,
            name=name,
            function=stack.function(with_stage_variables(settings.get("authorizerUri"), stage.variables)),
            identity_sources=sources,
            payload_format=str(settings.get("authorizerPayloadFormatVersion", "1.0")),
            simple_responses=str(settings.get("enableSimpleResponses")).lower() == "true",
            ttl_seconds=whole_number(
                settings.get("authorizerResultTtlInSeconds", 0), "authorizerResultTtlInSeconds"
            ),
        ),
    }


def _own_routes(stack: Stack, api_id: str, stage: Stage) -> list[HttpRoute]:
    routes = []
    for resource in stack.of_type("AWS::ApiGatewayV2::Route"):
        properties = resource.properties
        if properties.get("ApiId") != api_id:
            continue
        with about(resource.logical_id):
            target = target_of(stack, properties, stage.variables, longest_seconds=_MAX_TIMEOUT_SECONDS)
            if target.integration is not None and target.integration.type != "HTTP_PROXY":
                raise TemplateError(f"{target.integration.type} integrations are not emulated on HTTP APIs")
            kind, authorizer = _own_authorization(stack, properties, stage)
        method, _, path = str(properties["RouteKey"]).rpartition(" ")
        routes.append(
            HttpRoute(
                method=method or "ANY",
                path=path,
                function=target.function,
                integration=target.integration,
                timeout_seconds=target.timeout_seconds,
                payload_format=target.payload_format,
                authorization_type=kind,
                authorizer=authorizer,
                scopes=tuple(map(str, properties.get("AuthorizationScopes") or [])),
            )
        )
    return routes


def _own_authorization(
    stack: Stack, route: Mapping[str, Any], stage: Stage
) -> tuple[str, Authorizer | JwtAuthorizer | None]:
    kind = str(route.get("AuthorizationType", "NONE"))
    if kind in ("NONE", "AWS_IAM"):
        return kind, None
    if kind not in ("JWT", "CUSTOM"):
        raise TemplateError(f"AuthorizationType {kind} is not emulated on HTTP APIs")
    authorizer = authorizer_of(stack, route.get("AuthorizerId"), stage.variables)
    if isinstance(authorizer, JwtAuthorizer) != (kind == "JWT"):
        raise TemplateError(
            f"AuthorizationType is {kind}, but {authorizer.name} is an authorizer of another kind"
        )
    return kind, authorizer


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
