"""The methods of a REST API that are resources of their own: `AWS::ApiGateway::Resource` and `Method`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_emulator.model import Authorizer, GatewayResponse, RestMethod, Stage
from local_emulator.template.apis.models import named, schemas
from local_emulator.template.apis.restparts import authorizer_of, gateway_response, integration_of
from local_emulator.template.errors import TemplateError
from local_emulator.template.stack import Resource, Stack, about

_SPELLINGS = {
    "CacheKeyParameters": "cacheKeyParameters",
    "ConnectionId": "connectionId",
    "ContentHandling": "contentHandling",
    "IntegrationHttpMethod": "httpMethod",
    "PassthroughBehavior": "passthroughBehavior",
    "RequestParameters": "requestParameters",
    "RequestTemplates": "requestTemplates",
    "TimeoutInMillis": "timeoutInMillis",
    "Type": "type",
    "Uri": "uri",
}
"""CloudFormation's names for what OpenAPI's extension spells in its own way."""


def own_methods(stack: Stack, api_id: str, stage: Stage) -> list[RestMethod]:
    """Every method that is a resource.

    Raises:
        TemplateError: one uses what the emulator would have to fake.
    """
    found = []
    for resource in stack.of_type("AWS::ApiGateway::Method"):
        if resource.properties.get("RestApiId") == api_id:
            with about(resource.logical_id):
                found.append(_method(stack, api_id, resource, stage))
    return found


def own_responses(stack: Stack, api_id: str) -> dict[str, GatewayResponse]:
    """The gateway responses that are resources."""
    found = {}
    for resource in stack.of_type("AWS::ApiGateway::GatewayResponse"):
        properties = resource.properties
        if properties.get("RestApiId") == api_id:
            with about(resource.logical_id):
                found[str(properties["ResponseType"])] = gateway_response(
                    properties.get("StatusCode"),
                    properties.get("ResponseParameters"),
                    properties.get("ResponseTemplates"),
                    "ResponseTemplates",
                )
    return found


def _method(stack: Stack, api_id: str, resource: Resource, stage: Stage) -> RestMethod:
    properties = resource.properties
    method = str(properties["HttpMethod"]).upper()
    path = _path(stack, api_id, properties.get("ResourceId"))
    where = f"{method} {path}"
    if not properties.get("Integration"):
        raise TemplateError(f"{where} has no integration")
    settings = _settings(properties["Integration"])
    function, integration, timeout = integration_of(stack, settings, stage.variables, where)
    return RestMethod(
        method=method,
        path=path,
        function=function,
        integration=integration,
        timeout_seconds=timeout,
        authorization_type=str(properties.get("AuthorizationType", "NONE")),
        authorizer=_authorizer(stack, properties, stage),
        api_key_required=str(properties.get("ApiKeyRequired")).lower() == "true",
        **_validation(stack, api_id, properties),
    )


def _path(stack: Stack, api_id: str, resource_id: Any) -> str:
    if resource_id == f"{api_id}-root":
        return "/"
    for resource in stack.of_type("AWS::ApiGateway::Resource"):
        if stack.name(resource.logical_id) == resource_id:
            parent = _path(stack, api_id, resource.properties.get("ParentId"))
            return f"{parent.rstrip('/')}/{resource.properties['PathPart']}"
    raise TemplateError(f"the resource {resource_id} is not of this API")


def _settings(integration: Mapping[str, Any]) -> dict[str, Any]:
    settings = {_SPELLINGS[name]: value for name, value in integration.items() if name in _SPELLINGS}
    settings["responses"] = {
        str(response.get("SelectionPattern") or "default"): {
            "statusCode": response.get("StatusCode"),
            "responseTemplates": response.get("ResponseTemplates"),
            "responseParameters": response.get("ResponseParameters"),
        }
        for response in integration.get("IntegrationResponses") or []
    }
    return settings


def _authorizer(stack: Stack, properties: Mapping[str, Any], stage: Stage) -> Authorizer | None:
    kind = str(properties.get("AuthorizationType", "NONE"))
    if kind in ("NONE", "AWS_IAM"):
        return None
    if kind != "CUSTOM":
        raise TemplateError(f"AuthorizationType {kind} is not emulated on REST APIs")
    for resource in stack.of_type("AWS::ApiGateway::Authorizer"):
        if stack.name(resource.logical_id) == properties.get("AuthorizerId"):
            with about(resource.logical_id):
                settings = {
                    str(name)[:1].lower() + str(name)[1:]: value
                    for name, value in resource.properties.items()
                }
                return authorizer_of(stack, resource.logical_id, settings, "Authorization", stage.variables)
    raise TemplateError(f"there is no authorizer {properties.get('AuthorizerId')}")


def _validation(stack: Stack, api_id: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    wanted = properties.get("RequestValidatorId")
    if wanted is None:
        return {}
    for resource in stack.of_type("AWS::ApiGateway::RequestValidator"):
        if stack.name(resource.logical_id) == wanted:
            return _validated(stack, api_id, properties, resource.properties)
    raise TemplateError(f"there is no request validator {wanted}")


def _validated(
    stack: Stack, api_id: str, properties: Mapping[str, Any], validator: Mapping[str, Any]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if str(validator.get("ValidateRequestParameters")).lower() == "true":
        found["required_parameters"] = tuple(
            place
            for name, required in (properties.get("RequestParameters") or {}).items()
            if str(required).lower() == "true"
            and (place := str(name).removeprefix("method.request.")).startswith(("querystring.", "header."))
        )
    if str(validator.get("ValidateRequestBody")).lower() == "true":
        known = schemas(stack, "AWS::ApiGateway::Model", "RestApiId", api_id)
        found["models"] = named(properties.get("RequestModels"), known)
    return found
