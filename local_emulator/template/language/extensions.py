"""`Transform: AWS::LanguageExtensions`, as far as it makes new parts of a template: `Fn::ForEach`.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html. The
extension's other functions, `Fn::Length`, `Fn::ToJsonString` and `Fn::FindInMap` with a default, are intrinsics.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from local_emulator.template.errors import TemplateError
from local_emulator.template.language.source import Intrinsic

_FOR_EACH = "Fn::ForEach::"
_NO_LETTER = re.compile(r"[^A-Za-z0-9]")


def expand(document: Mapping[str, Any], resolve: Callable[[Any], Any]) -> dict[str, Any]:
    """The document without loops. `resolve` gives the value of a loop's collection.

    Raises:
        TemplateError: a loop is not well formed.
    """
    return {name: _expanded(part, {}, resolve) for name, part in document.items()}


def _expanded(value: Any, variables: Mapping[str, str], resolve: Callable[[Any], Any]) -> Any:
    if isinstance(value, str):
        return _substituted(value, variables)
    if isinstance(value, list):
        return [_expanded(item, variables, resolve) for item in value]
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1 and value.get("Ref") in variables:
        return variables[value["Ref"]]
    made: dict[Any, Any] = {}
    for name, member in value.items():
        if isinstance(name, str) and name.startswith(_FOR_EACH):
            made |= _looped(name, member, variables, resolve)
        else:
            key = _substituted(name, variables) if isinstance(name, str) else name
            made[key] = _expanded(member, variables, resolve)
    return _like(value, made)


def _like(value: Mapping[str, Any], made: dict[Any, Any]) -> dict[Any, Any]:
    if not isinstance(value, Intrinsic) or len(made) != 1 or set(made) != set(value):
        return made
    intrinsic = Intrinsic(made)
    intrinsic.line = value.line
    return intrinsic


def _looped(
    name: str, loop: Any, variables: Mapping[str, str], resolve: Callable[[Any], Any]
) -> dict[str, Any]:
    if not (isinstance(loop, list) and len(loop) == 3 and isinstance(loop[2], Mapping)):
        raise TemplateError(f"{name} takes an identifier, a collection and an object")
    identifier = str(loop[0])
    collection = resolve(_expanded(loop[1], variables, resolve))
    if not isinstance(collection, list):
        raise TemplateError(f"{name} loops over {collection!r}, a list is wanted")
    made: dict[str, Any] = {}
    for item in collection:
        part = _expanded(loop[2], {**variables, identifier: str(item)}, resolve)
        repeated = sorted(set(made) & set(part))
        if repeated:
            raise TemplateError(f"{name} makes {repeated[0]} twice: its key must contain ${{{identifier}}}")
        made |= part
    return made


def _substituted(text: str, variables: Mapping[str, str]) -> str:
    """`${Name}` is the item, `&{Name}` the item without what a logical id may not have."""
    for name, item in variables.items():
        text = text.replace(f"${{{name}}}", item).replace(f"&{{{name}}}", _NO_LETTER.sub("", item))
    return text
