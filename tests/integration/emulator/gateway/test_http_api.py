"""What API Gateway's HTTP APIs do, case by case."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from local_emulator.gateway.throttle import Throttles
from local_emulator.model import Cors, Stage, Throttle
from tests.integration.emulator.gateway.local_gateway import Raised

Serve = Callable[..., Any]


def answer(value: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda _: value


async def test_g1_the_event_is_payload_2_0(serve: Serve) -> None:
    """Lower-case headers joined by commas, cookies apart, the query as sent and parsed."""
    routes = (("POST", "/pets/{id}", "f"),)
    async with (
        serve({"f": answer({"statusCode": 200})}, http_routes=routes) as gateway,
        gateway.http() as http,
    ):
        headers = [
            ("X-Two", "a"),
            ("X-Two", "b"),
            ("Cookie", "c=1; d=2"),
            ("Content-Type", "application/json"),
        ]
        await http.post("/pets/a%20b?x=1&x=2&y=", content=b'{"z":1}', headers=headers)
        (event,) = gateway.functions.of("f")

    assert ("2.0", "POST /pets/{id}", "/pets/a b", "x=1&x=2&y=") == (
        event["version"],
        event["routeKey"],
        event["rawPath"],
        event["rawQueryString"],
    )
    assert "a,b" == event["headers"]["x-two"]
    assert ["c=1", "d=2"] == event["cookies"]
    assert {"x": "1,2", "y": ""} == event["queryStringParameters"]
    assert {"id": "a b"} == event["pathParameters"]
    assert ('{"z":1}', False) == (event["body"], event["isBase64Encoded"])
    assert {
        "method": "POST",
        "path": "/pets/a b",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
    }.items() <= event["requestContext"]["http"].items()
    assert ("$default", "fghij67890") == (event["requestContext"]["stage"], event["requestContext"]["apiId"])


async def test_g1_what_is_not_there_is_absent(serve: Serve) -> None:
    """No empty maps."""
    routes = (("GET", "/", "f"),)
    async with (
        serve({"f": answer({"statusCode": 200})}, http_routes=routes) as gateway,
        gateway.http() as http,
    ):
        await http.get("/")
        (event,) = gateway.functions.of("f")

    assert not {"cookies", "queryStringParameters", "pathParameters", "stageVariables", "body"} & set(event)


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
async def test_g2_a_body_that_is_no_text_comes_as_base64(
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
async def test_g3_g12_the_most_specific_route_is_taken(
    serve: Serve, method: str, path: str, function: str | None
) -> None:
    """Exact, then a variable, then a greedy one; a method before ANY; else 404."""
    functions = {name: answer({"statusCode": 200}) for _, _, name in ROUTES}
    async with serve(functions, http_routes=ROUTES) as gateway, gateway.http() as http:
        response = await http.request(method, path)
        called = [name for name, _ in gateway.functions.events]

    assert [function] * bool(function) == called
    assert (200 if function else 404) == response.status_code


async def test_g3_default_takes_the_rest(serve: Serve) -> None:
    """Where there is one."""
    routes = (("GET", "/a", "a"), ("ANY", "$default", "rest"))
    functions = {name: answer({"statusCode": 200}) for name in ("a", "rest")}
    async with serve(functions, http_routes=routes) as gateway, gateway.http() as http:
        await http.get("/b")
        assert "$default" == gateway.functions.of("rest")[0]["routeKey"]


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
async def test_g4_g5_g6_the_answer_is_translated(
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


async def test_g5_g11_cookies_and_header_names(serve: Serve) -> None:
    """A header for each cookie; names in lower case; no header can be smuggled in by a value."""
    value = {"statusCode": 200, "headers": {"X-Odd": "a\r\nx-evil: 1"}, "cookies": ["a=1", "b=2; Secure"]}
    async with (
        serve({"f": answer(value)}, http_routes=(("GET", "/", "f"),)) as gateway,
        gateway.http() as http,
    ):
        response = await http.get("/")

    assert ["a=1", "b=2; Secure"] == response.headers.get_list("set-cookie")
    assert "x-evil" not in response.headers
    assert b"x-odd" in [name for name, _ in response.headers.raw]


async def test_g6_a_function_that_fails_is_a_500(serve: Serve) -> None:
    """Nothing of its error is told."""

    def fail(_: dict[str, Any]) -> Any:
        raise Raised("secret")

    async with serve({"f": fail}, http_routes=(("GET", "/", "f"),)) as gateway, gateway.http() as http:
        response = await http.get("/")

    assert (500, {"message": "Internal Server Error"}) == (response.status_code, response.json())


CORS = Cors(
    allow_origins=("https://app.example",),
    allow_methods=("GET", "POST"),
    allow_headers=("x-a",),
    expose_headers=("etag",),
    max_age_seconds=60,
)


async def test_g7_the_gateway_answers_preflights_itself(serve: Serve) -> None:
    """204, without a function; another origin gets no leave."""
    async with (
        serve({"f": answer({})}, http_routes=(("ANY", "/", "f"),), cors=CORS) as gateway,
        gateway.http() as http,
    ):
        headers = {"origin": "https://app.example", "access-control-request-method": "POST"}
        allowed = await http.options("/", headers=headers)
        other = await http.options("/", headers={**headers, "origin": "https://evil.example"})

        assert [] == gateway.functions.events
    assert 204 == allowed.status_code
    assert ("https://app.example", "GET,POST", "x-a", "60") == tuple(
        allowed.headers[f"access-control-{name}"]
        for name in ("allow-origin", "allow-methods", "allow-headers", "max-age")
    )
    assert "access-control-allow-origin" not in other.headers


async def test_g7_cors_headers_are_the_gateways(serve: Serve) -> None:
    """The function's own are dropped."""
    value = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}}
    routes = (("GET", "/", "f"),)
    async with serve({"f": answer(value)}, http_routes=routes, cors=CORS) as gateway, gateway.http() as http:
        same = await http.get("/", headers={"origin": "https://app.example"})
        none = await http.get("/")

    assert ("https://app.example", "etag") == (
        same.headers["access-control-allow-origin"],
        same.headers["access-control-expose-headers"],
    )
    assert "access-control-allow-origin" not in none.headers


@pytest.mark.parametrize("size", [10 * 1024 * 1024 + 1, 40 * 1024 * 1024])
async def test_g8_a_body_has_10_mb(serve: Serve, size: int) -> None:
    """413, which reaches the client though it is still sending."""
    async with serve({"f": answer({})}, http_routes=(("POST", "/", "f"),)) as gateway, gateway.http() as http:
        response = await http.post("/", content=b"x" * size, headers={"content-type": "text/plain"})

    assert (413, {"message": "Request Entity Too Large"}) == (response.status_code, response.json())


async def test_g8_an_event_has_6_mb_with_base64_counted(serve: Serve) -> None:
    """Lambda's limit is below the gateway's."""
    async with serve({"f": answer({})}, http_routes=(("POST", "/", "f"),)) as gateway, gateway.http() as http:
        binary = await http.post("/", content=b"x" * (5 * 1024 * 1024), headers={"content-type": "image/png"})
        text = await http.post("/", content=b"x" * (5 * 1024 * 1024), headers={"content-type": "text/plain"})

    assert (413, 200) == (binary.status_code, text.status_code)


async def test_a23_a_url_has_4096_characters(serve: Serve) -> None:
    """More is refused."""
    async with serve({"f": answer({})}, http_routes=(("GET", "/", "f"),)) as gateway, gateway.http() as http:
        assert 414 == (await http.get("/?" + "x" * 5_000)).status_code


def test_g10_a_bucket_fills_at_its_rate() -> None:
    """`burst` at once, then `rate` a second."""
    now = [0.0]
    throttles = Throttles(Stage(name="s", default_throttle=Throttle(rate=2, burst=3)), lambda: now[0])

    assert [True, True, True, False] == [throttles.admit("r") for _ in range(4)]
    now[0] = 0.5
    assert [True, False] == [throttles.admit("r") for _ in range(2)]
    assert throttles.admit("another route")
