"""JSON Schemas (2020-12) of models, as msgspec makes them, with the models' own words."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

Schema = dict[str, Any]

_PLACE = "#/components/schemas/"


def components(models: Iterable[type]) -> dict[str, Schema]:
    """The schemas of models, and of all that they are made of, by name; names are as both documents refer to them."""
    made = list(dict.fromkeys(models))
    _, found = msgspec.json.schema_components(made, ref_template=f"{_PLACE}{{name}}")
    words = {model.__name__: _described(model) for model in _all_structs(made)}
    tidied = {name: _tidy(schema) for name, schema in found.items()}
    for name, fields in words.items():
        for field, text in fields.items():
            _describe(tidied[name]["properties"][field], text)
    return dict(sorted(tidied.items()))


def reference(model: type) -> Schema:
    """Where a model's schema is."""
    return {"$ref": f"{_PLACE}{model.__name__}"}


def _tidy(value: Any) -> Any:
    """Without what says nothing, and with docstrings as paragraphs."""
    if isinstance(value, list):
        return [_tidy(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    schema = {key: _tidy(each) for key, each in value.items() if (key, each) != ("required", [])}
    if isinstance(text := schema.get("description"), str):
        schema["description"] = _prose(text)
    choices = schema.get("enum")
    if isinstance(choices, list) and all(isinstance(choice, str) for choice in choices):
        schema = {"type": "string", **schema}
        if len(choices) == 1:
            schema["const"] = schema.pop("enum")[0]
    return schema


def _describe(schema: Schema, text: str) -> None:
    """Gives a field its words; siblings of `$ref` are allowed since draft 2019-09."""
    schema["description"] = text


def _prose(text: str) -> str:
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _all_structs(models: Iterable[type]) -> list[type]:
    """Those models that are structs, and the structs among their fields, however deep."""
    found: dict[type, None] = {}
    waiting = list(models)
    while waiting:
        info = msgspec.inspect.type_info(waiting.pop())
        pending = [info]
        while pending:
            each = pending.pop()
            if isinstance(each, msgspec.inspect.StructType):
                if each.cls in found:
                    continue
                found[each.cls] = None
                pending += [field.type for field in each.fields]
            elif isinstance(each, msgspec.inspect.UnionType):
                pending += each.types
            elif isinstance(each, msgspec.inspect.ListType):
                pending.append(each.item_type)
            elif isinstance(each, msgspec.inspect.Metadata):
                pending.append(each.type)
    return list(found)


def _described(model: type) -> dict[str, str]:
    """The docstrings under a struct's fields, inherited ones too, by the fields' names in JSON."""
    encoded = {field.name: field.encode_name for field in msgspec.structs.fields(model)}
    words: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if cls is msgspec.Struct or not issubclass(cls, msgspec.Struct):
            continue
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
        body = definition.body if isinstance(definition, ast.ClassDef) else []
        for statement, after in itertools.pairwise(body):
            match statement, after:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ) if name in encoded:
                    words[encoded[name]] = _prose(text)
    return words
