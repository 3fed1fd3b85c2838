"""A transformed template whose resources can be asked for by type, properties resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local_emulator.template.errors import TemplateError
from local_emulator.template.language import physical
from local_emulator.template.language.intrinsics import Resolver

_FUNCTION = "AWS::Lambda::Function"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource that exists: its condition, if it has one, holds."""

    logical_id: str
    properties: Mapping[str, Any]


@contextmanager
def about(logical_id: str) -> Iterator[None]:
    """Errors raised within name this resource, unless they name a closer one.

    A property that is not of the shape that CloudFormation wants is such an error too.
    """
    try:
        yield
    except TemplateError as error:
        error.resource = error.resource or logical_id
        raise
    except KeyError as error:
        raise TemplateError(f"{error.args[0]} is missing", resource=logical_id) from error
    except (AttributeError, TypeError, ValueError) as error:
        raise TemplateError(
            f"a property is not as CloudFormation wants it: {error}", resource=logical_id
        ) from error


class Stack:
    """Only what is asked for is resolved, so that an intrinsic unknown here does no harm in a resource of no effect."""

    def __init__(self, template: Mapping[str, Any], resolver: Resolver) -> None:
        self.resolver = resolver
        self._resources = {
            logical_id: resource
            for logical_id, resource in template["Resources"].items()
            if resolver.exists(resource)
        }
        self._read: dict[str, Resource] = {}

    def types(self) -> Iterator[tuple[str, str]]:
        """Every resource's logical id and type."""
        for logical_id, resource in self._resources.items():
            yield logical_id, str(resource.get("Type"))

    def of_type(self, kind: str) -> Iterator[Resource]:
        """The resources of one type."""
        for logical_id, resource in self._resources.items():
            if resource.get("Type") == kind:
                if logical_id not in self._read:
                    with about(logical_id):
                        properties = self.resolver.resolve(resource.get("Properties") or {})
                    self._read[logical_id] = Resource(logical_id=logical_id, properties=properties)
                yield self._read[logical_id]

    def name(self, logical_id: str) -> str:
        """A resource's physical name."""
        return self.resolver.named(logical_id).name

    def find(self, kind: str, value: str) -> str | None:
        """The logical id of the resource of that type that a name, a Ref's value or an ARN means."""
        return self._references.get((kind, value))

    def function(self, text: Any) -> str:
        """The logical id of the function that a name, an ARN or an integration URI means.

        Raises:
            TemplateError: it is none of this template's.
        """
        plain = str(text)
        if "/functions/" in plain:
            plain = plain.partition("/functions/")[2].removesuffix("/invocations")
        if ":function:" in plain:
            prefix, _, rest = plain.partition(":function:")
            # A version or an alias may follow: every version is the code that stands here.
            plain = f"{prefix}:function:{rest.partition(':')[0]}"
        found = self.find(_FUNCTION, plain)
        if found is None:
            raise TemplateError(f"{text} is no function of this template")
        return found

    @cached_property
    def _references(self) -> dict[tuple[str, str], str]:
        references = {}
        for logical_id, kind in self.types():
            with about(logical_id):
                named = self.resolver.named(logical_id)
            for value in (named.name, physical.ref(named), physical.arn(named)):
                references[kind, value] = logical_id
        return references


def whole_number(value: Any, name: str) -> int:
    """An integer property, which may have come as text.

    Raises:
        TemplateError: it is none.
    """
    try:
        return int(str(value))
    except ValueError:
        raise TemplateError(f"{name} is {value!r}, a whole number is wanted") from None
