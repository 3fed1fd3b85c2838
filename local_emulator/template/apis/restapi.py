"""REST APIs: from the OpenAPI body that SAM writes, or from resources and methods of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_emulator.model import GatewayResponse, RestApi, Stage
from local_emulator.template.apis.apikeys import keys_of
from local_emulator.template.apis.restbody import body_methods, body_responses
from local_emulator.template.apis.restmethods import own_methods, own_responses
from local_emulator.template.apis.stages import throttle, variables
from local_emulator.template.errors import TemplateError
from local_emulator.template.stack import Resource, Stack, about


def rest_apis(stack: Stack, warnings: list[str]) -> tuple[RestApi, ...]:
    """Every stage of every REST API.

    Raises:
        TemplateError: one uses what the emulator would have to fake.
    """
    apis: list[RestApi] = []
    for resource in stack.of_type("AWS::ApiGateway::RestApi"):
        with about(resource.logical_id):
            stages = _stages(stack, stack.name(resource.logical_id), warnings)
            apis.extend(_api(stack, resource, stage) for stage in stages)
    return tuple(apis)


def _api(stack: Stack, resource: Resource, stage: Stage) -> RestApi:
    properties = resource.properties
    for unsupported in ("BodyS3Location", "CloneFrom", "Policy"):
        if properties.get(unsupported):
            raise TemplateError(f"{unsupported} of a REST API is not emulated")
    api_id = stack.name(resource.logical_id)
    body = properties.get("Body") or {}
    if not isinstance(body, Mapping):
        raise TemplateError(f"the API's Body is no OpenAPI document: {body!r}")
    if body.get("x-amazon-apigateway-policy"):
        raise TemplateError("a resource policy of a REST API is not emulated")
    for source in (properties.get("ApiKeySourceType"), body.get("x-amazon-apigateway-api-key-source")):
        if source not in (None, "HEADER"):
            raise TemplateError(f"API keys by {source} are not emulated, only by HEADER")
    binary = [
        *(properties.get("BinaryMediaTypes") or []),
        *(body.get("x-amazon-apigateway-binary-media-types") or []),
    ]
    responses: dict[str, GatewayResponse] = {**body_responses(body), **own_responses(stack, api_id)}
    return RestApi(
        logical_id=resource.logical_id,
        api_id=api_id,
        name=str(properties.get("Name") or body.get("info", {}).get("title") or resource.logical_id),
        stage=stage,
        routes=(*body_methods(stack, body, stage), *own_methods(stack, api_id, stage)),
        binary_media_types=tuple(dict.fromkeys(str(kind).replace("~1", "/") for kind in binary)),
        gateway_responses=responses,
    )


def _stages(stack: Stack, api_id: str, warnings: list[str]) -> list[Stage]:
    found = [
        _stage(
            stack,
            api_id,
            resource.logical_id,
            resource.properties,
            str(resource.properties.get("StageName")),
            warnings,
        )
        for resource in stack.of_type("AWS::ApiGateway::Stage")
        if resource.properties.get("RestApiId") == api_id
    ]
    if not found:
        # A deployment may make its stage itself. SAM's "Stage" beside a real one is such a stage, which nobody wants.
        found = [
            _stage(
                stack,
                api_id,
                resource.logical_id,
                resource.properties.get("StageDescription") or {},
                str(resource.properties["StageName"]),
                warnings,
            )
            for resource in stack.of_type("AWS::ApiGateway::Deployment")
            if resource.properties.get("RestApiId") == api_id and resource.properties.get("StageName")
        ]
    if not found:
        raise TemplateError("the API has no stage, so it has no URL")
    return found


def _stage(
    stack: Stack, api_id: str, logical_id: str, properties: Mapping[str, Any], name: str, warnings: list[str]
) -> Stage:
    if str(properties.get("CacheClusterEnabled")).lower() == "true":
        warnings.append(f"{logical_id}: answers are not cached here")
    throttles = {}
    for settings in properties.get("MethodSettings") or []:
        bucket = throttle(settings)
        if bucket is not None:
            path = "/" + str(settings.get("ResourcePath", "/*")).lstrip("/").replace("~1", "/").lstrip("/")
            throttles[f"{settings.get('HttpMethod', '*')} {path}"] = bucket
    return Stage(
        name=name,
        variables=variables(properties.get("Variables")),
        default_throttle=throttles.pop("* /*", None),
        route_throttles=throttles,
        api_keys=keys_of(stack, api_id, name, warnings),
    )
