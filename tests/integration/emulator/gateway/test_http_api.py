"""The gateway and HTTP APIs, beyond what tests/conformance shows."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from local_emulator.gateway.throttle import Throttles
from local_emulator.model import Stage, Throttle

Serve = Callable[..., Any]


def answer(value: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda _: value


@pytest.mark.parametrize(
    ("content_type", "encoded"),
    [
        ("application/json; charset=utf-8", False),
        ("text/csv", False),
        ("application/x-www-form-urlencoded", False),
        ("application/problem+json", False),
        ("image/png", True),
        ("application/octet-stream", True),
        (None, True),
    ],
)
async def test_a_body_that_is_no_text_comes_as_base64(
    serve: Serve, content_type: str | None, encoded: bool
) -> None:
    """By its content type."""
    routes = (("POST", "/", "f"),)
    async with (
        serve({"f": answer({"statusCode": 200})}, http_routes=routes) as gateway,
        gateway.http() as http,
    ):
        headers = {"content-type": content_type} if content_type else {}
        await http.post("/", content=b"abc", headers=headers)
        (event,) = gateway.functions.of("f")

    expected = base64.b64encode(b"abc").decode() if encoded else "abc"
    assert (expected, encoded) == (event["body"], event["isBase64Encoded"])


ROUTES = (
    ("GET", "/pets/{id}", "param"),
    ("GET", "/pets/dog", "exact"),
    ("ANY", "/pets/{id}", "any"),
    ("GET", "/pets/{proxy+}", "greedy"),
    ("POST", "/pets/{id}/toys", "toys"),
)


@pytest.mark.parametrize(
    ("method", "path", "function"),
    [
        ("GET", "/pets/dog", "exact"),
        ("GET", "/pets/cat", "param"),
        ("PUT", "/pets/cat", "any"),
        ("GET", "/pets/cat/food/dry", "greedy"),
        ("POST", "/pets/cat/toys", "toys"),
        ("DELETE", "/pets/cat/toys", None),
        ("GET", "/", None),
        ("GET", "/pets", None),
        ("HEAD", "/pets/cat", "any"),
    ],
)
async def test_the_most_specific_route_is_taken(
    serve: Serve, method: str, path: str, function: str | None
) -> None:
    """Exact, then a variable, then a greedy one; a method before ANY; else 404."""
    functions = {name: answer({"statusCode": 200}) for _, _, name in ROUTES}
    async with serve(functions, http_routes=ROUTES) as gateway, gateway.http() as http:
        response = await http.request(method, path)
        called = [name for name, _ in gateway.functions.events]

    assert [function] * bool(function) == called
    assert (200 if function else 404) == response.status_code


@pytest.mark.parametrize(
    ("value", "status", "content", "content_type"),
    [
        ({"statusCode": 201, "body": "x", "headers": {"Content-Type": "a/b"}}, 201, b"x", "a/b"),
        ({"statusCode": "202"}, 202, b"", "text/plain; charset=utf-8"),
        ({"hello": 1}, 200, b'{"hello": 1}', "application/json"),
        ("text", 200, b'"text"', "application/json"),
        (None, 200, b"null", "application/json"),
        (
            {"statusCode": 200, "body": "eA==", "isBase64Encoded": True},
            200,
            b"x",
            "text/plain; charset=utf-8",
        ),
        ({"statusCode": 200, "body": {"a": 1}}, 200, b'{"a": 1}', "text/plain; charset=utf-8"),
        ({"statusCode": "no"}, 500, b'{"message": "Internal Server Error"}', "application/json"),
        ({"statusCode": 99}, 500, b'{"message": "Internal Server Error"}', "application/json"),
        ({"statusCode": 200, "headers": 7}, 500, b'{"message": "Internal Server Error"}', "application/json"),
        (
            {"statusCode": 200, "body": "?", "isBase64Encoded": True},
            500,
            b'{"message": "Internal Server Error"}',
            "application/json",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_the_answer_is_translated(
    serve: Serve, value: Any, status: int, content: bytes, content_type: str
) -> None:
    """Without a status it is the body of a 200; of a wrong shape, a 500."""
    async with (
        serve({"f": answer(value)}, http_routes=(("GET", "/", "f"),)) as gateway,
        gateway.http() as http,
    ):
        response = await http.get("/")

    assert (status, content, content_type) == (
        response.status_code,
        response.content,
        response.headers["content-type"],
    )


async def test_no_header_can_be_smuggled_in(serve: Serve) -> None:
    """Neither by a header's value nor by a cookie's; names are in lower case."""
    value = {"statusCode": 200, "headers": {"X-Odd": "a\r\nx-evil: 1"}, "cookies": ["a=1", "b=2; Secure"]}
    async with (
        serve({"f": answer(value)}, http_routes=(("GET", "/", "f"),)) as gateway,
        gateway.http() as http,
    ):
        response = await http.get("/")

    assert ["a=1", "b=2; Secure"] == response.headers.get_list("set-cookie")
    assert "x-evil" not in response.headers
    assert b"x-odd" in [name for name, _ in response.headers.raw]


@pytest.mark.parametrize("size", [10 * 1024 * 1024 + 1, 40 * 1024 * 1024])
async def test_a_client_that_still_sends_hears_that_it_is_too_much(serve: Serve, size: int) -> None:
    """413, which reaches the client though it is still sending."""
    async with serve({"f": answer({})}, http_routes=(("POST", "/", "f"),)) as gateway, gateway.http() as http:
        response = await http.post("/", content=b"x" * size, headers={"content-type": "text/plain"})

    assert (413, {"message": "Request Entity Too Large"}) == (response.status_code, response.json())


def test_a_bucket_fills_at_its_rate() -> None:
    """`burst` at once, then `rate` a second."""
    now = [0.0]
    throttles = Throttles(Stage(name="s", default_throttle=Throttle(rate=2, burst=3)), lambda: now[0])

    assert [True, True, True, False] == [throttles.admit("r") for _ in range(4)]
    now[0] = 0.5
    assert [True, False] == [throttles.admit("r") for _ in range(2)]
    assert throttles.admit("another route")
