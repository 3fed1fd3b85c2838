"""The methods of a REST API's OpenAPI body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_emulator.model import GatewayResponse, RestMethod, Stage
from local_emulator.template.apis.models import checked
from local_emulator.template.apis.openapi import INTEGRATION, Operation, operations, security_of
from local_emulator.template.apis.restparts import authorizer_of, gateway_response, integration_of
from local_emulator.template.errors import TemplateError
from local_emulator.template.stack import Stack

_VALIDATORS = "x-amazon-apigateway-request-validators"
_VALIDATOR = "x-amazon-apigateway-request-validator"
_API_KEY = "api_key"


def body_methods(stack: Stack, body: Mapping[str, Any], stage: Stage) -> list[RestMethod]:
    """Every method of the body.

    Raises:
        TemplateError: one uses what the emulator would have to fake.
    """
    return [_method(stack, body, operation, stage) for operation in operations(body)]


def body_responses(body: Mapping[str, Any]) -> dict[str, GatewayResponse]:
    """The gateway responses of the body."""
    return {
        str(kind): gateway_response(
            settings.get("statusCode"),
            settings.get("responseParameters"),
            settings.get("responseTemplates"),
            f"the gateway response {kind}",
        )
        for kind, settings in (body.get("x-amazon-apigateway-gateway-responses") or {}).items()
    }


def _method(stack: Stack, body: Mapping[str, Any], operation: Operation, stage: Stage) -> RestMethod:
    settings = operation.settings.get(INTEGRATION)
    if not settings:
        raise TemplateError(f"{operation.where} has no integration")
    function, integration, timeout = integration_of(stack, settings, stage.variables, operation.where)
    return RestMethod(
        method=operation.method,
        path=operation.path,
        function=function,
        integration=integration,
        timeout_seconds=timeout,
        api_key_required=_wants_key(body, operation),
        **_authorization(stack, body, operation, stage),
        **_validation(body, operation),
    )


def _schemes(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return body.get("securityDefinitions") or (body.get("components") or {}).get("securitySchemes") or {}


def _wants_key(body: Mapping[str, Any], operation: Operation) -> bool:
    required = operation.settings.get("security")
    requirements = (body.get("security") if required is None else required) or []
    return any(_API_KEY in (requirement or {}) for requirement in requirements)


def _authorization(
    stack: Stack, body: Mapping[str, Any], operation: Operation, stage: Stage
) -> dict[str, Any]:
    if operation.settings.get("x-amazon-apigateway-auth", {}).get("type") == "AWS_IAM":
        return {"authorization_type": "AWS_IAM"}
    found = security_of(body, operation, _schemes(body), ignored=_API_KEY)
    if found is None:
        return {}
    name, scheme, _ = found
    if scheme.get("x-amazon-apigateway-authtype") == "awsSigv4":
        return {"authorization_type": "AWS_IAM"}
    settings = scheme.get("x-amazon-apigateway-authorizer")
    if not settings:
        raise TemplateError(f"{operation.where}: the security scheme {name} is not emulated")
    authorizer = authorizer_of(stack, name, settings, str(scheme.get("name")), stage.variables)
    return {"authorization_type": "CUSTOM", "authorizer": authorizer}


def _validation(body: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
    chosen = operation.settings.get(_VALIDATOR, body.get(_VALIDATOR))
    if chosen is None:
        return {}
    validators = body.get(_VALIDATORS) or {}
    if chosen not in validators:
        raise TemplateError(f"{operation.where}: there is no request validator {chosen}")
    validator = validators[chosen]
    found: dict[str, Any] = {}
    if str(validator.get("validateRequestParameters")).lower() == "true":
        found["required_parameters"] = tuple(_required(operation))
    if str(validator.get("validateRequestBody")).lower() == "true":
        found["models"] = _models(body, operation)
    return found


def _required(operation: Operation) -> list[str]:
    places = {"query": "querystring", "header": "header"}
    return [
        f"{places[parameter['in']]}.{parameter['name']}"
        for parameter in operation.settings.get("parameters") or []
        if parameter.get("in") in places and str(parameter.get("required")).lower() == "true"
    ]


def _models(body: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
    """A schema in OpenAPI 2's way (a parameter in the body) or 3's (`requestBody`)."""
    given: dict[str, Any] = {}
    for parameter in operation.settings.get("parameters") or []:
        if parameter.get("in") == "body":
            given["application/json"] = parameter.get("schema")
    for kind, content in (operation.settings.get("requestBody") or {}).get("content", {}).items():
        given[str(kind)] = content.get("schema")
    defined = {name: checked(schema) for name, schema in (body.get("definitions") or {}).items()}
    shared = {name: checked(it) for name, it in (body.get("components") or {}).get("schemas", {}).items()}
    return {
        kind: {**schema, "definitions": defined, "components": {"schemas": shared}}
        for kind, schema in given.items()
        if schema
    }
