"""What a template takes in from other files: `AWS::Include`, and an API's definition.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html. A location on this
machine stands for the copy that `sam package` would upload.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_emulator.template.errors import TemplateError
from local_emulator.template.language.source import Intrinsic, Source, fragment

_INCLUDE = "AWS::Include"
_MACROS = ("AWS::Serverless-2016-10-31", "AWS::LanguageExtensions")
_DEFINED = ("AWS::Serverless::Api", "AWS::Serverless::HttpApi")


def included(source: Source) -> dict[str, Any]:
    """The document with every included file in its place.

    Raises:
        TemplateError: a file is not there or not on this machine, or another macro is asked for.
    """
    folder = source.path.parent
    document = dict(source.document)
    for transform in _listed(document.get("Transform")):
        if isinstance(transform, Mapping):
            document |= _file(transform, folder)
        elif transform not in _MACROS:
            raise TemplateError(f"the transform {transform} is a macro, which is not run here")
    resources = {
        logical_id: _with_definition(resource, folder)
        for logical_id, resource in document["Resources"].items()
    }
    return {str(name): _taken_in(part, folder) for name, part in {**document, "Resources": resources}.items()}


def transforms(document: Mapping[str, Any]) -> list[str]:
    """The names of the macros that a document asks for."""
    return [item for item in _listed(document.get("Transform")) if isinstance(item, str)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _taken_in(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [_taken_in(item, folder) for item in value]
    if not isinstance(value, Mapping):
        return value
    include = value.get("Fn::Transform")
    if not isinstance(include, Mapping) or include.get("Name") != _INCLUDE:
        made = {name: _taken_in(member, folder) for name, member in value.items()}
        return _like(value, made)
    taken = _file(include, folder)
    rest = {name: _taken_in(member, folder) for name, member in value.items() if name != "Fn::Transform"}
    return {**_taken_in(taken, folder), **rest}


def _like(value: Mapping[str, Any], made: dict[Any, Any]) -> dict[Any, Any]:
    if not isinstance(value, Intrinsic):
        return made
    intrinsic = Intrinsic(made)
    intrinsic.line = value.line
    return intrinsic


def _file(include: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    if include.get("Name") != _INCLUDE:
        raise TemplateError(f"the transform {include.get('Name')} is a macro, which is not run here")
    location = (include.get("Parameters") or {}).get("Location")
    if not isinstance(location, str) or "://" in location:
        raise TemplateError(f"AWS::Include of {location!r}: only files on this machine are included")
    taken = fragment(folder / location)
    if not isinstance(taken, dict):
        raise TemplateError(f"AWS::Include: {location} is no mapping")
    return taken


def _with_definition(resource: Any, folder: Path) -> Any:
    """An API's `DefinitionUri` that is a file here becomes its `DefinitionBody`."""
    if not isinstance(resource, Mapping) or resource.get("Type") not in _DEFINED:
        return resource
    properties = resource.get("Properties") or {}
    uri = properties.get("DefinitionUri")
    if not isinstance(uri, str) or "://" in uri:
        return resource
    rest = {name: value for name, value in properties.items() if name != "DefinitionUri"}
    return {**resource, "Properties": {**rest, "DefinitionBody": fragment(folder / uri)}}
