"""From a template file to an Application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from local_emulator.model import Application, Function
from local_emulator.template.apis import addresses
from local_emulator.template.apis.httpapi import http_apis
from local_emulator.template.apis.restapi import rest_apis
from local_emulator.template.apis.websocket import websocket_apis
from local_emulator.template.coverage import not_emulated
from local_emulator.template.errors import TemplateError
from local_emulator.template.events import event_sources, subscriptions, with_asynchronous
from local_emulator.template.lambdas import functions
from local_emulator.template.language import extensions, includes, parameters, shape, source
from local_emulator.template.language.cycles import refuse_cycles
from local_emulator.template.language.intrinsics import Resolver
from local_emulator.template.notes import unresolved, with_line
from local_emulator.template.sam.remembered import Remembered
from local_emulator.template.sam.transform import transform
from local_emulator.template.schedules import schedules
from local_emulator.template.stack import Stack, about
from local_emulator.template.stores import stores

_EXTENSIONS = "AWS::LanguageExtensions"


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
    document = _whole(written)
    values = parameters.values(document.get("Parameters") or {}, overrides, warnings)
    template = _as_cloudformation(written, document, values, remembered)
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
        store_resources=tuple(stores(stack)),
        subscriptions=tuple(subscriptions(stack, warnings)),
        outputs=_outputs(template, resolver, address, prefixes),
    )
    warnings.extend(not_emulated(stack))
    warnings.extend(unresolved(application.functions.values()))
    placed = tuple(with_line(warning, written) for warning in warnings)
    return replace(application, paths=_paths(document, application), warnings=placed)


def _whole(written: source.Source) -> dict[str, Any]:
    document = includes.included(written)
    shape.check(document)
    return document


def _as_cloudformation(
    written: source.Source,
    document: dict[str, Any],
    values: Mapping[str, Any],
    remembered: Remembered | None,
) -> dict[str, Any]:
    """The document without loops and the like, and without what SAM has of its own."""
    if _EXTENSIONS in includes.transforms(document):
        document = extensions.expand(document, Resolver(document, values).resolve)
        shape.check(document)
    return transform(written, document, values, remembered)


def _at_home(function: Function, address: str, prefixes: Mapping[str, str]) -> Function:
    environment = {
        name: addresses.at_home(value, address, prefixes) for name, value in function.environment.items()
    }
    return replace(function, environment=environment)


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
