"""What events of every kind of API say of a request: its headers, its query, its body, the time."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from local_emulator.http1 import Request

Event = dict[str, Any]
Headers = Sequence[tuple[str, str]]

_TEXTUAL = (
    "text/",
    "application/json",
    "application/xml",
    "application/javascript",
    "application/x-www-form-urlencoded",
)
_TEXTUAL_SUFFIXES = ("+json", "+xml")


def headers(pairs: Headers) -> Event:
    """`headers`, where the last value wins, and `multiValueHeaders`."""
    multiple: dict[str, list[str]] = {}
    for name, value in pairs:
        multiple.setdefault(name, []).append(value)
    return {"headers": {name: values[-1] for name, values in multiple.items()}, "multiValueHeaders": multiple}


def query(text: str) -> Event:
    """`queryStringParameters`, where the last value wins, and its multi-value form; empty without a query."""
    pairs = pairs_of(text)
    if not pairs:
        return {}
    multiple: dict[str, list[str]] = {}
    for name, value in pairs:
        multiple.setdefault(name, []).append(value)
    return {
        "queryStringParameters": {name: values[-1] for name, values in multiple.items()},
        "multiValueQueryStringParameters": multiple,
    }


def pairs_of(query: str) -> list[tuple[str, str]]:
    """The parameters of a query string, decoded, in their order."""
    return parse_qsl(query, keep_blank_values=True)


def forwarded(request: Request) -> Headers:
    """The request's headers as the gateway passes them on: hop-by-hop ones gone, its own added."""
    kept = [(name, value) for name, value in request.headers if name.lower() not in ("connection", "upgrade")]
    kept += [
        ("X-Amzn-Trace-Id", f"Root=1-{int(time.time()):08x}-{os.urandom(12).hex()}"),
        ("X-Forwarded-For", request.peer),
        ("X-Forwarded-Port", "443" if request.secure else "80"),
        ("X-Forwarded-Proto", "https" if request.secure else "http"),
    ]
    return kept


def body(content: bytes, content_type: str) -> Event:
    """`body` and `isBase64Encoded`: base64 where the content type is none of text (case G2)."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith(_TEXTUAL) or kind.endswith(_TEXTUAL_SUFFIXES):
        try:
            return {"body": content.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(content).decode(), "isBase64Encoded": True}


def clf(now: float) -> str:
    """A time as `19/Jan/2023:21:13:26 +0000`."""
    return _clf(int(now))


@lru_cache(maxsize=1)
def _clf(second: int) -> str:
    return time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(second))
