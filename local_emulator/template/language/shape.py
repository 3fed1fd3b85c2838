"""The shape that every template has, so that the rest may rely on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_emulator.template.errors import TemplateError

_SECTIONS = ("Conditions", "Globals", "Mappings", "Metadata", "Outputs", "Parameters", "Resources", "Rules")
_LOOP = "Fn::ForEach::"


def check(document: Mapping[str, Any]) -> None:
    """Looks at sections, and at every resource's type and properties.

    Raises:
        TemplateError: one is not what CloudFormation wants there.
    """
    for section in _SECTIONS:
        if not isinstance(document.get(section) or {}, Mapping):
            raise TemplateError(f"{section} is no mapping")
    for section in ("Outputs", "Parameters"):
        for name, member in (document.get(section) or {}).items():
            if not isinstance(member, Mapping) and not str(name).startswith(_LOOP):
                raise TemplateError(f"{section}.{name} is no mapping")
    for logical_id, resource in document["Resources"].items():
        if not str(logical_id).startswith(_LOOP):
            _check_resource(str(logical_id), resource)


def _check_resource(logical_id: str, resource: Any) -> None:
    if not isinstance(resource, Mapping):
        raise TemplateError("a resource is a mapping with Type and Properties", resource=logical_id)
    if not isinstance(resource.get("Type"), str):
        raise TemplateError("the resource has no Type", resource=logical_id)
    if not isinstance(resource.get("Properties") or {}, Mapping):
        raise TemplateError("Properties is no mapping", resource=logical_id)
    if not isinstance(resource.get("Condition", ""), str):
        raise TemplateError("Condition is no condition's name", resource=logical_id)
