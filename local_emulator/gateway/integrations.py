"""Integrations that are no Lambda proxies: MOCK, AWS (a function behind templates), HTTP and HTTP_PROXY.

A request template makes what the backend gets, the backend answers, an integration response is chosen by the answer,
and its template makes what goes back:
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-responses.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from local_emulator.invocation import Invoker, TooManyRequestsError
from local_emulator.mapping_templates import MappingError, Source, render
from local_emulator.model import Integration, IntegrationResponse

if TYPE_CHECKING:
    import httpx

_NOT_FORWARDED = {"host", "connection", "upgrade", "content-length", "transfer-encoding", "accept-encoding"}


class IntegrationError(Exception):
    """The backend could not be asked, or its answer could not be used; `status` is what the gateway answers."""

    def __init__(self, message: str, status: int = 500) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What goes back to the client."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def header(self, name: str) -> str:
        """The last value of a header, by a name in any case."""
        return next((value for key, value in reversed(self.headers) if key.lower() == name.lower()), "")


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request, as an integration sees it."""

    source: Source
    """What the request's template is filled in from; its body goes on where there is none."""
    template_keys: Sequence[str]
    """The templates that fit the request, best first."""
    response_keys: Callable[[IntegrationResponse, Answer], Sequence[str]]
    """The templates that fit an answer, best first."""
    method: str = "POST"
    body: bytes = b""
    query: str = ""
    headers: Sequence[tuple[str, str]] = ()
    path_parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Backend:
    """A backend's answer, and what its integration response is chosen by: nothing means the default one."""

    answer: Answer
    outcome: str = ""


class Integrations:
    """Runs them."""

    def __init__(self, invoker: Invoker) -> None:
        self._invoker = invoker
        self._client: httpx.AsyncClient | None = None

    async def stop(self) -> None:
        """Closes the connections to HTTP backends."""
        if self._client is not None:
            await self._client.aclose()

    async def run(self, integration: Integration, call: Call, *, timeout_seconds: float) -> Answer:
        """What an integration answers.

        Raises:
            IntegrationError: the backend fails, or a template cannot be filled in.
            TimeoutError: it takes longer than that.
        """
        if integration.type == "HTTP_PROXY":
            return await self._fetch(integration, call, call.body, call.headers, timeout_seconds)
        try:
            payload = _request_payload(integration, call)
            backend = await self._ask(integration, call, payload, timeout_seconds)
            return _mapped(integration, call, backend)
        except MappingError as error:
            raise IntegrationError(str(error)) from error

    async def _ask(
        self, integration: Integration, call: Call, payload: str, timeout_seconds: float
    ) -> _Backend:
        match integration.type:
            case "MOCK":
                status = _mocked_status(payload)
                return _Backend(answer=Answer(status=status), outcome=str(status))
            case "AWS":
                return await self._invoke(integration.function, payload, timeout_seconds)
            case _:
                headers = [("content-type", "application/json")]
                answer = await self._fetch(integration, call, payload.encode(), headers, timeout_seconds)
                return _Backend(answer=answer, outcome=str(answer.status))

    async def _invoke(self, function: str, payload: str, timeout_seconds: float) -> _Backend:
        try:
            event = json.loads(payload or "{}")
        except ValueError as error:
            raise IntegrationError(f"the function's event is no JSON: {error}") from error
        try:
            outcome = await self._invoker.invoke(function, event, timeout_seconds=timeout_seconds)
        except TooManyRequestsError as error:
            raise IntegrationError("the function's concurrency is used up") from error
        message = ""
        if outcome.error is not None:
            try:
                message = str(outcome.value()["errorMessage"])
            except (ValueError, TypeError, KeyError):
                message = outcome.error
        return _Backend(answer=Answer(status=200, body=outcome.payload), outcome=message)

    async def _fetch(
        self,
        integration: Integration,
        call: Call,
        body: bytes,
        headers: Sequence[tuple[str, str]],
        timeout_seconds: float,
    ) -> Answer:
        import httpx

        if self._client is None:
            self._client = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=30)
        method = call.method if integration.method == "ANY" else integration.method
        url = _filled(integration.url, call.path_parameters)
        if integration.type == "HTTP_PROXY" and call.query:
            url += ("&" if "?" in url else "?") + call.query
        kept = [(name, value) for name, value in headers if name.lower() not in _NOT_FORWARDED]
        try:
            async with asyncio.timeout(timeout_seconds):
                response = await self._client.request(
                    method, url, content=body if method not in ("GET", "HEAD") else b"", headers=kept
                )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise IntegrationError(f"{url} does not answer: {error}", 504) from error
        returned = tuple(
            (name, value)
            for name, value in response.headers.multi_items()
            if name not in _NOT_FORWARDED | {"content-encoding"}
        )
        return Answer(status=response.status_code, body=response.content, headers=returned)


def _filled(url: str, parameters: Mapping[str, str]) -> str:
    for name, value in parameters.items():
        url = url.replace(f"{{{name}}}", quote(value, safe="/")).replace(
            f"{{{name}+}}", quote(value, safe="/")
        )
    return url


def _request_payload(integration: Integration, call: Call) -> str:
    for key in call.template_keys:
        if key in integration.templates:
            return render(integration.templates[key], call.source)
    if integration.passthrough == "NEVER" or (
        integration.passthrough == "WHEN_NO_TEMPLATES" and integration.templates
    ):
        raise IntegrationError("Unsupported Media Type", 415)
    return call.source.body


def _mocked_status(payload: str) -> int:
    """The `statusCode` that a MOCK's request template must give."""
    try:
        return int(json.loads(payload)["statusCode"])
    except (ValueError, TypeError, KeyError) as error:
        raise IntegrationError("the MOCK's request template gives no statusCode") from error


def _mapped(integration: Integration, call: Call, backend: _Backend) -> Answer:
    chosen = _chosen(integration.responses, backend.outcome)
    if chosen is None:
        raise IntegrationError("no integration response fits, and there is no default one")
    answer = backend.answer
    body = answer.body
    source = replace(call.source, body=body.decode(errors="replace"))
    keys = call.response_keys(chosen, answer)
    found = next((key for key in keys if key in chosen.templates), None)
    if found is not None:
        body = render(chosen.templates[found], source).encode()
    headers = tuple(
        (name, text)
        for name, value in chosen.headers.items()
        if (text := _header(value, answer, source)) is not None
    )
    if found is not None and "/" in found:
        headers = (*headers, ("content-type", found))
    return Answer(status=chosen.status or answer.status, body=body, headers=headers)


def _chosen(responses: Sequence[IntegrationResponse], outcome: str) -> IntegrationResponse | None:
    default = next((response for response in responses if not response.pattern), None)
    if not outcome:
        return default
    fitting = (
        response
        for response in responses
        if response.pattern and re.fullmatch(response.pattern, outcome, re.DOTALL)
    )
    return next(fitting, default)


def _header(value: str, answer: Answer, source: Source) -> str | None:
    """A header's value: a text in quotes, or one taken from the backend's answer."""
    if value.startswith("'"):
        return value.strip("'")
    kind, _, name = value.removeprefix("integration.response.").partition(".")
    if kind == "header":
        return answer.header(name) or None
    if kind == "body":
        return render(f"$input.path('$.{name}')", source) or None
    return str(source.context.get(name, "")) if value.startswith("context.") else None
