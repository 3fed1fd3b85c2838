"""Who a request comes from: whether it is signed, and what of it an authorizer is asked about (identity sources).

`route.request.header.X` (WebSocket), `method.request.header.X` (REST), `$request.header.X` (HTTP), the same with
`querystring`, and `stageVariables.x` and `context.x`:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs

from local_emulator.gateway.selection import reach, text_of
from local_emulator.http1 import Request

_PREFIX = re.compile(r"^(?:\$|route\.|method\.)?request\.")


def identity(
    sources: Iterable[str], request: Request, stage_variables: Mapping[str, str], context: Mapping[str, Any]
) -> tuple[str, ...] | None:
    """The value of each source; None where one is missing or empty (case A15)."""
    values = tuple(_value(source.strip(), request, stage_variables, context) for source in sources)
    return values if all(values) else None


def _value(
    source: str, request: Request, stage_variables: Mapping[str, str], context: Mapping[str, Any]
) -> str:
    plain = source.removeprefix("$")
    if plain.startswith("stageVariables."):
        return stage_variables.get(plain.removeprefix("stageVariables."), "")
    if plain.startswith("context."):
        return text_of(reach(dict(context), plain.removeprefix("context.")))
    kind, _, name = _PREFIX.sub("", source).partition(".")
    if kind.lower() in ("header", "multivalueheader"):
        return request.header(name)
    if kind.lower() in ("querystring", "multivaluequerystring"):
        return (parse_qs(request.query).get(name) or [""])[-1]
    return ""


def signed(request: Request) -> bool:
    """Whether a request bears a signature; it is not verified, since the emulator has nobody's secret."""
    return (
        request.header("authorization").startswith("AWS4-HMAC-SHA256 ") or "X-Amz-Signature=" in request.query
    )
