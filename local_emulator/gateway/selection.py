"""Selection expressions: `$request.body.action`, `${request.body.a}/${request.body.b}`, `\\$default`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

_REQUEST = re.compile(r"\$\{request\.body\.([^}]+)\}|\$request\.body\.([\w.-]+)")
_RESPONSE = re.compile(
    r"\$\{integration\.response\.([^}]+)\}|\$integration\.response\.([\w.-]+)", re.IGNORECASE
)


def select(expression: str, body: str) -> str:
    """What an expression over a request's body gives; empty where the body has not what it asks for (case B3)."""
    if not _REQUEST.search(expression):
        return _unescaped(expression)
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(parsed, dict):
        return ""
    return _unescaped(_REQUEST.sub(lambda match: text_of(reach(parsed, match[1] or match[2])), expression))


def select_response(expression: str, body: str, status: int, header: Callable[[str], str]) -> str:
    """What an expression over a request's body and a backend's answer gives."""

    def answered(match: re.Match[str]) -> str:
        place, _, name = (match[1] or match[2]).partition(".")
        return str(status) if place.lower() == "statuscode" else header(name)

    return select(_RESPONSE.sub(answered, expression), body)


def _unescaped(expression: str) -> str:
    return expression.replace("\\$", "$")


def reach(value: Any, path: str) -> Any:
    """A member of a JSON object by a dotted path; None where there is none."""
    for name in path.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text_of(value: Any) -> str:
    """A JSON value as a key: a text as it is, anything else as JSON, None as an empty text (case B6)."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
