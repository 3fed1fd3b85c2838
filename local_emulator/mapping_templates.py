"""Mapping templates: Velocity, with the variables that API Gateway gives it.

`airspeed` is the Velocity engine and `jsonpath` reads paths; what API Gateway itself adds is here: `$input`, `$util`,
`$context` and `$stageVariables`, as in
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html.
A template that asks for more is refused when it is read (`check`), not when it is used.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, unquote_plus

_KNOWN = {
    "input": {"body", "json", "path", "params"},
    "util": {"escapeJavaScript", "parseJson", "urlEncode", "urlDecode", "base64Encode", "base64Decode"},
}
_MEMBER = re.compile(r"\$!?\{?(input|util)\.(\w+)")
_DIRECTIVE = re.compile(r"#\{?(parse|include|macro|define|evaluate|stop)\b")
_ESCAPES = {"\\": "\\\\", "'": "\\'", '"': '\\"', "/": "\\/", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class MappingError(Exception):
    """A template that cannot be understood or filled in, and why."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a template is filled in from."""

    body: str = ""
    """The request's body, or the backend's answer for a response template."""
    parameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """`path`, `querystring` and `header`."""
    context: Mapping[str, Any] = field(default_factory=dict)
    stage_variables: Mapping[str, str] = field(default_factory=dict)


def check(template: str) -> None:
    """Looks whether a template can be filled in here.

    Raises:
        MappingError: it names a function, variable or directive that is not known here, or is no Velocity.
    """
    for name, member in _MEMBER.findall(template):
        if member not in _KNOWN[name]:
            raise MappingError(f"the mapping template uses ${name}.{member}, which is not emulated")
    directive = _DIRECTIVE.search(template)
    if directive:
        raise MappingError(f"the mapping template uses #{directive[1]}, which is not emulated")
    _compiled(template)


def render(template: str, source: Source) -> str:
    """Fills a template in.

    Raises:
        MappingError: it cannot be.
    """
    # Here and below: most templates have no mapping templates, and these take a tenth of a second to import.
    import airspeed

    namespace = {
        "input": _Input(source),
        "util": _Util(),
        "context": _plain(source.context),
        "stageVariables": dict(source.stage_variables),
    }
    try:
        return str(_compiled(template).merge(namespace))
    except airspeed.TemplateError as error:
        raise MappingError(str(error)) from error


@lru_cache(maxsize=256)
def _compiled(template: str) -> Any:
    import airspeed

    compiled = airspeed.Template(template)
    try:
        compiled.ensure_compiled()
    except airspeed.TemplateError as error:
        raise MappingError(f"the mapping template is no Velocity: {error}") from error
    return compiled


class _Input:
    """`$input`."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.body = source.body

    def path(self, expression: str) -> Any:
        """The value at a JSONPath; an empty text where there is none."""
        found = self._find(expression)
        return "" if found is None else _plain(found)

    def json(self, expression: str) -> str:
        """The value at a JSONPath as JSON."""
        found = self._find(expression)
        return '""' if found is None else json.dumps(found, separators=(",", ":"), ensure_ascii=False)

    def params(self, name: str | None = None) -> Any:
        """A parameter by name, from path, query or headers in this order; all of them without a name."""
        parameters = self._source.parameters
        if name is None:
            return {place: dict(parameters.get(place, {})) for place in ("path", "querystring", "header")}
        for place in ("path", "querystring", "header"):
            for key, value in parameters.get(place, {}).items():
                if key == name or (place == "header" and key.lower() == name.lower()):
                    return value
        return ""

    def _find(self, expression: str) -> Any:
        import jsonpath

        try:
            document = json.loads(self._source.body)
        except (ValueError, RecursionError):
            document = self._source.body
        try:
            if expression == "$":
                return document
            found = jsonpath.findall(expression, document) if isinstance(document, dict | list) else []
        except jsonpath.JSONPathError as error:
            raise MappingError(f"{expression} is no JSONPath: {error}") from error
        return found[0] if found else None


class _Util:
    """`$util`; the names are API Gateway's."""

    @staticmethod
    def escapeJavaScript(text: Any) -> str:  # noqa: N802
        return "".join(_ESCAPES.get(character, character) for character in str(text))

    @staticmethod
    def parseJson(text: str) -> Any:  # noqa: N802
        return _plain(json.loads(text))

    @staticmethod
    def urlEncode(text: Any) -> str:  # noqa: N802
        return quote_plus(str(text))

    @staticmethod
    def urlDecode(text: Any) -> str:  # noqa: N802
        return unquote_plus(str(text))

    @staticmethod
    def base64Encode(text: Any) -> str:  # noqa: N802
        return base64.b64encode(str(text).encode()).decode()

    @staticmethod
    def base64Decode(text: Any) -> str:  # noqa: N802
        return base64.b64decode(str(text), validate=True).decode()


class _Map(dict[str, Any]):
    """An object of a template, with Java's methods; it prints as Java prints a map."""

    def __str__(self) -> str:
        return "{" + ", ".join(f"{name}={_text(value)}" for name, value in self.items()) + "}"

    def size(self) -> int:
        return len(self)

    def containsKey(self, name: str) -> bool:  # noqa: N802
        return name in self

    def keySet(self) -> _List:  # noqa: N802
        return _List(self)

    def entrySet(self) -> _List:  # noqa: N802
        return _List(_Map(key=name, value=value) for name, value in self.items())


class _List(list[Any]):
    """A list of a template, with Java's methods; it prints as JSON, which is what API Gateway's lists do."""

    def __str__(self) -> str:
        return json.dumps(self, separators=(",", ":"), ensure_ascii=False, default=bool)

    def size(self) -> int:
        return len(self)

    def get(self, index: int) -> Any:
        return self[index]

    def isEmpty(self) -> bool:  # noqa: N802
        return not self

    def contains(self, value: Any) -> bool:
        return value in self


class _Boolean:
    """A truth value that prints as Java and JSON print it."""

    def __init__(self, value: bool) -> None:
        self._value = value

    def __bool__(self) -> bool:
        return self._value

    def __eq__(self, other: object) -> bool:
        return bool(other) == self._value if isinstance(other, bool | _Boolean) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._value)

    def __str__(self) -> str:
        return "true" if self._value else "false"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _Map({str(name): _plain(member) for name, member in value.items()})
    if isinstance(value, list | tuple):
        return _List(_plain(member) for member in value)
    return _Boolean(value) if isinstance(value, bool) else value


def _text(value: Any) -> str:
    return "null" if value is None else str(value)
