"""Resources that need each other: CloudFormation creates none of them, and refuses the template."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from local_emulator.template.errors import TemplateError
from local_emulator.template.language.intrinsics import Resolver

_NAMES = re.compile(r"\$\{([A-Za-z0-9]+)[^}]*\}")


def refuse_cycles(template: Mapping[str, Any], resolver: Resolver) -> None:
    """Looks for a circle of references among the resources that exist.

    Raises:
        TemplateError: there is one; it names every resource on it.
    """
    existing = {name: it for name, it in template["Resources"].items() if resolver.exists(it)}
    graph = {
        name: set(_needs(resource, resolver)) & set(existing) - {name} for name, resource in existing.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        around = list(reversed(error.args[1]))
        raise TemplateError(
            f"a circular reference: {' → '.join(around)}; CloudFormation can create none of them first",
            resource=around[0],
        ) from error


def _needs(value: Any, resolver: Resolver) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _needs(item, resolver)
    if not isinstance(value, Mapping):
        return
    for name, member in value.items():
        match name, member:
            case "Fn::If", [str(condition), then, otherwise]:
                yield from _needs(then if resolver.condition(condition) else otherwise, resolver)
            case "Ref", str(target):
                yield target
            case "Fn::GetAtt", str(target):
                yield target.partition(".")[0]
            case "Fn::GetAtt", [str(target), *_]:
                yield target
            case "Fn::Sub", str(text):
                yield from _NAMES.findall(text)
            case "Fn::Sub", [str(text), Mapping() as variables]:
                yield from set(_NAMES.findall(text)) - set(variables)
                yield from _needs(variables, resolver)
            case "DependsOn", str(target):
                yield target
            case "DependsOn", [*targets]:
                yield from map(str, targets)
            case "Metadata", _:
                pass
            case _:
                yield from _needs(member, resolver)
