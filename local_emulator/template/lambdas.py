"""Functions and their layers."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_emulator import nodejs
from local_emulator.model import Function
from local_emulator.template.errors import TemplateError
from local_emulator.template.handlers import check_python
from local_emulator.template.sam.transform import local_folder
from local_emulator.template.stack import Resource, Stack, about, whole_number


def functions(stack: Stack, template: Path, warnings: list[str]) -> dict[str, Function]:
    """Every function by its logical id; what is not as on AWS goes to `warnings`.

    Raises:
        TemplateError: one cannot be run here.
    """
    layers = dict(_layers(stack, template))
    found = {}
    for resource in stack.of_type("AWS::Lambda::Function"):
        with about(resource.logical_id):
            function = _function(stack, resource, template, layers, warnings)
            # A layer that is not on this machine may hold the handler.
            if function.runtime.startswith("python") and len(function.layers) == _layer_count(resource):
                check_python(function.handler, function.code, function.layers)
            found[resource.logical_id] = function
    return found


def _layer_count(resource: Resource) -> int:
    return len(resource.properties.get("Layers") or [])


def _layers(stack: Stack, template: Path) -> list[tuple[str, Path]]:
    found = []
    for resource in stack.of_type("AWS::Lambda::LayerVersion"):
        with about(resource.logical_id):
            folder = local_folder(resource.properties.get("Content"), template)
            if folder is None or not folder.is_dir():
                raise TemplateError(f"the layer's content is no local folder: {folder}")
        found.append((resource.logical_id, folder))
    return found


def _function(
    stack: Stack, resource: Resource, template: Path, layers: Mapping[str, Path], warnings: list[str]
) -> Function:
    properties = resource.properties
    logical_id = resource.logical_id
    reserved = properties.get("ReservedConcurrentExecutions")
    return Function(
        logical_id=logical_id,
        name=stack.name(logical_id),
        handler=_handler(properties),
        runtime=_runtime(logical_id, properties, warnings),
        code=_code(properties, template),
        environment=_environment(properties),
        timeout_seconds=whole_number(properties.get("Timeout", 3), "Timeout"),
        memory_mb=whole_number(properties.get("MemorySize", 128), "MemorySize"),
        layers=tuple(_function_layers(stack, resource, layers, warnings)),
        reserved_concurrency=(
            None if reserved is None else whole_number(reserved, "ReservedConcurrentExecutions")
        ),
    )


def _handler(properties: Mapping[str, Any]) -> str:
    if properties.get("PackageType") == "Image":
        raise TemplateError("functions packaged as container images are not run here")
    handler = properties.get("Handler")
    if not isinstance(handler, str) or "." not in handler:
        raise TemplateError(f"Handler is {handler!r}, module.function is wanted")
    return handler


def _runtime(logical_id: str, properties: Mapping[str, Any], warnings: list[str]) -> str:
    runtime = str(properties.get("Runtime"))
    if runtime in nodejs.RUNTIMES:
        return _nodejs_runtime(logical_id, runtime, warnings)
    if not runtime.startswith("python"):
        known = ", ".join(nodejs.RUNTIMES)
        raise TemplateError(f"the runtime {runtime} is not run here, only Python's and {known} are")
    here = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if runtime != here:
        warnings.append(f"{logical_id} asks for {runtime} and runs on {here}, which the emulator itself uses")
    return runtime


def _nodejs_runtime(logical_id: str, runtime: str, warnings: list[str]) -> str:
    try:
        warning = nodejs.version_warning(logical_id, runtime)
    except nodejs.NodeJsError as error:
        raise TemplateError(str(error)) from error
    if warning is not None:
        warnings.append(warning)
    return runtime


def _code(properties: Mapping[str, Any], template: Path) -> Path:
    code = properties.get("Code")
    if isinstance(code, Mapping) and "ZipFile" in code:
        raise TemplateError("code within the template is not run here: put it in a folder and name that")
    folder = local_folder(code, template)
    if folder is None:
        raise TemplateError(f"the code is not on this machine: {code!r}")
    if folder.is_file():
        raise TemplateError(f"the code is the file {folder}, a folder is wanted: unpack it and name that")
    if not folder.is_dir():
        raise TemplateError(f"there is no folder {folder} for its code")
    return folder


def _environment(properties: Mapping[str, Any]) -> dict[str, str]:
    variables = (properties.get("Environment") or {}).get("Variables") or {}
    return {str(name): _text(name, value) for name, value in variables.items()}


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise TemplateError(f"the variable {name} is {value!r}, a text is wanted")


def _function_layers(
    stack: Stack, resource: Resource, layers: Mapping[str, Path], warnings: list[str]
) -> list[Path]:
    folders = []
    for arn in resource.properties.get("Layers") or []:
        layer = stack.find("AWS::Lambda::LayerVersion", str(arn))
        if layer is None:
            warnings.append(
                f"{resource.logical_id} uses the layer {arn}, which is not fetched: "
                "install what it holds into the emulator's own environment"
            )
        else:
            folders.append(layers[layer])
    return folders
