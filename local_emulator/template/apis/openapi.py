"""OpenAPI bodies of APIs, with API Gateway's extensions.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_emulator.template.errors import TemplateError

INTEGRATION = "x-amazon-apigateway-integration"
_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
_ANY = "x-amazon-apigateway-any-method"
_UNKNOWN = ("connectionId", "requestParameters", "cacheKeyParameters", "cacheNamespace", "integrationTarget")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A method of a path."""

    method: str
    """In capitals; ANY for every one."""
    path: str
    settings: Mapping[str, Any]

    @property
    def where(self) -> str:
        """`GET /pets`, for messages."""
        return f"{self.method} {self.path}"


def operations(body: Mapping[str, Any]) -> Iterator[Operation]:
    """Every method of every path."""
    for path, methods in (body.get("paths") or {}).items():
        for method, settings in (methods or {}).items():
            if method in _METHODS or method == _ANY:
                name = "ANY" if method == _ANY else method.upper()
                yield Operation(method=name, path=str(path), settings=settings or {})


def refuse_unknown(integration: Mapping[str, Any], where: str) -> None:
    """Refuses an integration's settings that would change what goes through it.

    Raises:
        TemplateError: it has some.
    """
    for name in _UNKNOWN:
        if integration.get(name):
            raise TemplateError(f"{where}: {name} of an integration is not emulated")


def security_of(
    body: Mapping[str, Any], operation: Operation, schemes: Mapping[str, Any], *, ignored: str = ""
) -> tuple[str, Mapping[str, Any], tuple[str, ...]] | None:
    """The scheme that guards a method, with its name and scopes; None where nothing does.

    `ignored` is a scheme that is looked at elsewhere.

    Raises:
        TemplateError: there is no such scheme, or there are several.
    """
    required = operation.settings.get("security")
    requirements = [
        (str(name), tuple(map(str, scopes or [])))
        for requirement in (body.get("security") if required is None else required) or []
        for name, scopes in (requirement or {}).items()
        if name not in (ignored, "NONE")
    ]
    if not requirements:
        return None
    if len({name for name, _ in requirements}) > 1:
        raise TemplateError(f"{operation.where}: several authorizers of a method are not emulated")
    name, scopes = requirements[0]
    if name not in schemes:
        raise TemplateError(f"{operation.where}: there is no security scheme {name}")
    return name, schemes[name], scopes
