"""From a template file to an Application."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from local_emulator.model import Application, Function, StoreResource
from local_emulator.template import addresses, includes, language, parameters, sam, shape, source
from local_emulator.template.cycles import refuse_cycles
from local_emulator.template.errors import TemplateError
from local_emulator.template.events import SUBSCRIPTIONS, event_sources, subscriptions, with_asynchronous
from local_emulator.template.httpapi import http_apis
from local_emulator.template.intrinsics import Resolver
from local_emulator.template.lambdas import functions
from local_emulator.template.notes import unresolved, with_line
from local_emulator.template.remembered import Remembered
from local_emulator.template.restapi import rest_apis
from local_emulator.template.schedules import schedules
from local_emulator.template.stack import Stack, about
from local_emulator.template.websocket import websocket_apis

_EXTENSIONS = "AWS::LanguageExtensions"
_STORES = ("AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::SNS::Topic")
_USED = (
    *_STORES,
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Scheduler::Schedule",
    *SUBSCRIPTIONS,
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::RouteResponse",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::IntegrationResponse",
    "AWS::ApiGatewayV2::Model",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Stage",
    "AWS::ApiGatewayV2::Deployment",
    *(
        f"AWS::ApiGateway::{kind}"
        for kind in (
            "Authorizer",
            "Deployment",
            "GatewayResponse",
            "Method",
            "Model",
            "RequestValidator",
            "Resource",
            "RestApi",
            "Stage",
        )
    ),
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::UsagePlan",
    "AWS::ApiGateway::UsagePlanKey",
)
_PATHS = ": Metadata.LocalEmulator.Paths serves an API at a path of its own"
_INSTEAD = dict.fromkeys(
    (
        "AWS::ApiGateway::BasePathMapping",
        "AWS::ApiGateway::DomainName",
        "AWS::ApiGatewayV2::ApiMapping",
        "AWS::ApiGatewayV2::DomainName",
    ),
    _PATHS,
)
_WITHOUT_LOCAL_EFFECT = re.compile(
    "AWS::(?:IAM|Logs|CloudWatch|CloudFront|KMS|XRay|CodeDeploy|ApplicationAutoScaling|CertificateManager|Route53)::.+"
    "|AWS::Lambda::(?:Permission|Version|Alias)|AWS::SQS::QueuePolicy|AWS::S3::BucketPolicy|AWS::SNS::TopicPolicy"
    "|AWS::CloudFormation::WaitConditionHandle|AWS::ApiGateway::Account"
)


def load(
    path: Path,
    parameter_overrides: Mapping[str, str] | None = None,
    *,
    address: str = "localhost:3000",
    remembered: Remembered | None = None,
) -> Application:
    """Reads a template.

    `address` is the `host:port` at which the APIs will be served: every execute-api URL in a function's variables
    and in the outputs becomes an `http:` or `ws:` URL there. `remembered` keeps what SAM's translator made.

    Raises:
        TemplateError: it cannot be read, or asks for what the emulator would have to fake.
    """
    written = source.read(path)
    try:
        return _application(written, parameter_overrides or {}, address, remembered)
    except TemplateError as error:
        error.line = error.line or written.line_of(error.resource or "")
        raise


def _application(
    written: source.Source, overrides: Mapping[str, str], address: str, remembered: Remembered | None
) -> Application:
    warnings: list[str] = []
    document = includes.included(written)
    shape.check(document)
    values = parameters.values(document.get("Parameters") or {}, overrides, warnings)
    if _EXTENSIONS in includes.transforms(document):
        document = language.expand(document, Resolver(document, values).resolve)
        shape.check(document)
    template = sam.transform(written, document, values, remembered)
    resolver = Resolver(template, values)
    refuse_cycles(template, resolver)
    stack = Stack(template, resolver)
    sockets = websocket_apis(stack, warnings)
    declared = http_apis(stack, warnings)
    rests = rest_apis(stack, warnings)
    prefixes = addresses.prefixes(sockets, (*declared, *rests))
    https = addresses.with_issuers_at_home(declared, address, prefixes)
    found = with_asynchronous(stack, functions(stack, written.path, warnings), warnings)
    queues, streams = event_sources(stack, warnings)
    application = Application(
        functions={
            logical_id: _at_home(function, address, prefixes) for logical_id, function in found.items()
        },
        websocket_apis=addresses.placed(sockets, prefixes),
        http_apis=addresses.placed(https, prefixes),
        rest_apis=addresses.placed(rests, prefixes),
        sqs_event_sources=queues,
        stream_event_sources=streams,
        schedules=schedules(stack, warnings),
        store_resources=tuple(_stores(stack)),
        subscriptions=tuple(subscriptions(stack, warnings)),
        outputs=_outputs(template, resolver, address, prefixes),
    )
    warnings.extend(_not_emulated(stack))
    warnings.extend(unresolved(application.functions.values()))
    placed = tuple(with_line(warning, written) for warning in warnings)
    return replace(application, paths=_paths(document, application), warnings=placed)


def _at_home(function: Function, address: str, prefixes: Mapping[str, str]) -> Function:
    environment = {
        name: addresses.at_home(value, address, prefixes) for name, value in function.environment.items()
    }
    return replace(function, environment=environment)


def _stores(stack: Stack) -> Iterator[StoreResource]:
    for kind in _STORES:
        for resource in stack.of_type(kind):
            yield StoreResource(
                logical_id=resource.logical_id,
                type=kind,
                name=stack.name(resource.logical_id),
                properties=resource.properties,
            )


def _outputs(
    template: Mapping[str, Any], resolver: Resolver, address: str, prefixes: Mapping[str, str]
) -> dict[str, str]:
    outputs = {}
    for name, output in (template.get("Outputs") or {}).items():
        if resolver.exists(output):
            with about(f"output {name}"):
                value = str(resolver.resolve(output.get("Value")))
                outputs[name] = addresses.at_home(value, address, prefixes)
    return outputs


def _not_emulated(stack: Stack) -> Iterator[str]:
    for logical_id, kind in stack.types():
        if kind not in _USED and not _WITHOUT_LOCAL_EFFECT.fullmatch(kind):
            yield f"{logical_id} ({kind}) is not emulated{_INSTEAD.get(kind, '')}"


def _paths(document: Mapping[str, Any], application: Application) -> dict[str, str]:
    settings = (document.get("Metadata") or {}).get("LocalEmulator") or {}
    unknown = sorted(set(settings) - {"Paths"})
    if unknown:
        raise TemplateError(f"Metadata.LocalEmulator has no {', '.join(unknown)}, only Paths")
    apis = {api.logical_id for api in application.apis}
    paths = {str(path): str(api) for path, api in (settings.get("Paths") or {}).items()}
    for path, api in paths.items():
        if not path.startswith("/"):
            raise TemplateError(f"Metadata.LocalEmulator.Paths: {path} does not start with a slash")
        if api not in apis:
            raise TemplateError(f"Metadata.LocalEmulator.Paths: {api} is no API of this template")
    return paths
