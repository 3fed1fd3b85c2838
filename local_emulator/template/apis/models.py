"""The models of an API: JSON schemas by name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from local_emulator.template.errors import TemplateError
from local_emulator.template.stack import Stack, about


def schemas(stack: Stack, kind: str, api_property: str, api_id: str) -> dict[str, Any]:
    """An API's models of that CloudFormation type, by name and by what Ref gives.

    Raises:
        TemplateError: one is no JSON schema of draft 4, or refers to another model.
    """
    found = {}
    for resource in stack.of_type(kind):
        if resource.properties.get(api_property) == api_id:
            with about(resource.logical_id):
                schema = checked(resource.properties.get("Schema"))
            found[str(resource.properties.get("Name", resource.logical_id))] = schema
            found[stack.name(resource.logical_id)] = schema
    return found


def checked(given: Any) -> Mapping[str, Any]:
    """A schema, which may have come as JSON text.

    Raises:
        TemplateError: it is none, or refers to another model.
    """
    from jsonschema import Draft4Validator, SchemaError

    try:
        schema = json.loads(given) if isinstance(given, str) else given
        Draft4Validator.check_schema(schema)
    except (ValueError, SchemaError) as error:
        message = error.message if isinstance(error, SchemaError) else error
        raise TemplateError(f"the model is no JSON schema of draft 4: {message}") from error
    for reference in _references(schema):
        if not reference.startswith("#"):
            raise TemplateError(
                f"the model refers to {reference}: references between models are not emulated"
            )
    return dict(schema or {})


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for name, value in schema.items():
            if name == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from _references(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _references(item)


def named(models: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """The schemas that a route or method names, by its keys.

    Raises:
        TemplateError: there is no such model.
    """
    found = {}
    for key, name in (models or {}).items():
        if name not in known:
            raise TemplateError(f"there is no model {name}")
        found[str(key).replace("\\$", "$")] = known[name]
    return found
