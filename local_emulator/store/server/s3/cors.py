"""Cross-origin requests: which of a bucket's rules applies, and the headers that it gives.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html: the first rule counts that has the
origin, the method and every header asked for; origins and headers may hold one `*`.
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html: a preflight that no rule allows is a 403.
An actual request that no rule allows is answered as any other, and the browser keeps the answer from the page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local_emulator.http1 import Request, Response
from local_emulator.store.server.s3.errors import S3Error

_VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


@dataclass(frozen=True)
class Rule:
    """A CORSRule of a bucket; `max_age` in seconds."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    max_age: Any = None

    def allows(self, origin: str, method: str, headers: Sequence[str]) -> bool:
        """Whether a page of `origin` may send `method` with `headers` (lower case)."""
        return (
            method in self.methods
            and any(_matches(pattern, origin) for pattern in self.origins)
            and all(any(_matches(it.lower(), header) for it in self.headers) for header in headers)
        )

    def answer(self, origin: str, headers: Sequence[str]) -> list[tuple[str, str]]:
        """The headers that tell the browser so."""
        if "*" in self.origins:
            answer = [("Access-Control-Allow-Origin", "*")]
        else:
            answer = [("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true")]
        answer.append(("Access-Control-Allow-Methods", ", ".join(self.methods)))
        if headers:
            answer.append(("Access-Control-Allow-Headers", ", ".join(headers)))
        if self.exposed:
            answer.append(("Access-Control-Expose-Headers", ", ".join(self.exposed)))
        if self.max_age is not None:
            answer.append(("Access-Control-Max-Age", str(self.max_age)))
        return [*answer, ("Vary", _VARY)]


def preflight(request: Request, rules: Sequence[Rule] | None, *, resource_type: str) -> Response:
    """Answers an OPTIONS request for a bucket with these rules; None where there is no such bucket.

    Raises:
        S3Error: BadRequest, AccessForbidden.
    """
    if not request.header("origin"):
        raise S3Error(400, "BadRequest", "Insufficient information. Origin request header needed.")
    method = request.header("access-control-request-method", "OPTIONS")
    if rules is None:
        raise _forbidden("Bucket not found", method, "BUCKET")
    if not rules:
        raise _forbidden("CORS is not enabled for this bucket.", method, "BUCKET")
    headers = response_headers(request, rules)
    if not headers:
        raise _forbidden(
            "This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
            "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's "
            "CORS spec.",
            method,
            resource_type,
        )
    return Response(200, headers=headers)


def response_headers(request: Request, rules: Sequence[Rule]) -> list[tuple[str, str]]:
    """What a request's answer gets on top: nothing where it is not cross-origin or not allowed."""
    origin = request.header("origin")
    method = request.header("access-control-request-method", request.method)
    asked = request.header("access-control-request-headers").lower().split(",")
    headers = [name.strip() for name in asked if name.strip()]
    rule = next((it for it in rules if origin and it.allows(origin, method, headers)), None)
    return rule.answer(origin, headers) if rule else []


def _forbidden(reason: str, method: str, resource_type: str) -> S3Error:
    message = f"CORSResponse: {reason}"
    return S3Error(403, "AccessForbidden", message, Method=method, ResourceType=resource_type)


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text) is not None
