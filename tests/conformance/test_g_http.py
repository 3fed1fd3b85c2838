"""G: HTTP APIs, and where REST APIs differ."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from tests.conformance.cases import DOCUMENTED, INFERRED, case
from tests.conformance.target import Event, Target, new_key

MB = 1024 * 1024
ISSUER_KEY = Path(__file__).with_name("issuer.pem")
"""Guards nothing: whoever has the repository may sign tokens for these APIs."""


async def asked(
    target: Target, method: str, path: str, *, api: str = "Http", do: Any = None, **options: Any
) -> httpx.Response:
    """One request; the function obeys `do`."""
    headers = [*options.pop("headers", [])]
    if do is not None:
        headers.append(("x-do", json.dumps(do)))
    async with target.http(api) as http:
        return await http.request(method, path, headers=headers, **options)


async def seen(target: Target, method: str, path: str, **options: Any) -> Event:
    """The event that a request becomes."""
    key = new_key()
    headers = [*options.pop("headers", []), ("X-Case", key)]
    answer = await asked(target, method, path, headers=headers, **options)
    assert 200 == answer.status_code, answer.text
    (event,) = await target.events(key)
    return event


@case("G1", DOCUMENTED)
async def test_g1_the_event_is_payload_2_0(target: Target) -> None:
    """The event is payload 2.0: headers in lower case and joined by commas, cookies apart, the query raw and parsed."""
    headers = [("X-Two", "a"), ("X-Two", "b"), ("Cookie", "c=1; d=2"), ("Content-Type", "application/json")]
    event = await seen(target, "POST", "/echo?x=1&x=2&y=", headers=headers, content=b'{"z":1}')

    assert ("2.0", "POST /echo", "/echo", "x=1&x=2&y=") == (
        event["version"],
        event["routeKey"],
        event["rawPath"],
        event["rawQueryString"],
    )
    assert "a,b" == event["headers"]["x-two"]
    assert ["c=1", "d=2"] == event["cookies"]
    assert {"x": "1,2", "y": ""} == event["queryStringParameters"]
    assert ('{"z":1}', False) == (event["body"], event["isBase64Encoded"])
    context = event["requestContext"]
    assert {
        *("accountId", "apiId", "domainName", "domainPrefix", "http", "requestId", "routeKey", "stage"),
        *("time", "timeEpoch"),
    } == set(context)
    assert {"method", "path", "protocol", "sourceIp", "userAgent"} == set(context["http"])
    assert ("POST", "/echo", "HTTP/1.1") == tuple(
        context["http"][it] for it in ("method", "path", "protocol")
    )
    assert ("$default", int) == (context["stage"], type(context["timeEpoch"]))


@case("G1", DOCUMENTED)
async def test_g1_a_stage_with_a_name_is_in_the_path(target: Target) -> None:
    """The path has the stage in it unless that is `$default`; path parameters are decoded."""
    event = await seen(target, "GET", "/pets/a%20b")
    named = await seen(target, "GET", "/look", api="Cross")

    assert {"id": "a b"} == event["pathParameters"]
    assert ("/cross/look", {"colour": "green"}) == (named["rawPath"], named["stageVariables"])


@case("G1", DOCUMENTED)
async def test_g1_what_is_not_there_is_absent(target: Target) -> None:
    """What a request does not have is absent from the event."""
    event = await seen(target, "GET", "/look")

    assert "" == event["rawQueryString"]
    assert not {"cookies", "queryStringParameters", "pathParameters", "stageVariables", "body"} & set(event)


@case("G2", DOCUMENTED)
@pytest.mark.parametrize(
    ("content_type", "encoded"),
    [
        ("application/json; charset=utf-8", False),
        ("text/csv", False),
        ("application/xml", False),
        ("application/javascript", False),
        ("application/x-www-form-urlencoded", False),
        ("image/png", True),
        ("application/octet-stream", True),
    ],
)
async def test_g2_a_body_that_is_no_text_comes_as_base64(
    target: Target, content_type: str, encoded: bool
) -> None:
    """A body whose content type is none of text is base64, with `isBase64Encoded`."""
    event = await seen(target, "POST", "/echo", headers=[("content-type", content_type)], content=b"abc")

    expected = base64.b64encode(b"abc").decode() if encoded else "abc"
    assert (expected, encoded) == (event["body"], event["isBase64Encoded"])


@case("G3", DOCUMENTED)
@pytest.mark.parametrize(
    ("api", "method", "path", "route"),
    [
        ("Http", "GET", "/pets/dog", "GET /pets/dog"),
        ("Http", "GET", "/pets/cat", "GET /pets/{id}"),
        ("Http", "PUT", "/pets/cat", "ANY /pets/{id}"),
        ("Http", "GET", "/pets/cat/food", "GET /pets/{proxy+}"),
        ("Cross", "GET", "/look", "GET /look"),
        ("Cross", "GET", "/elsewhere", "$default"),
    ],
)
async def test_g3_the_most_specific_route_is_taken(
    target: Target, api: str, method: str, path: str, route: str
) -> None:
    """An exact route comes before `{name}`, before `{name+}`, before `$default`; a method before ANY."""
    assert route == (await asked(target, method, path, api=api)).text


@case("G3", DOCUMENTED)
async def test_g3_without_a_route_it_is_not_found(target: Target) -> None:
    """None matches: 404, Not Found."""
    answer = await asked(target, "GET", "/nowhere")

    assert (404, {"message": "Not Found"}) == (answer.status_code, answer.json())


@case("G4", DOCUMENTED)
@pytest.mark.parametrize("value", [{"hello": 1}, "text", [1, 2], None], ids=repr)
async def test_g4_an_answer_without_a_status_is_the_body(target: Target, value: Any) -> None:
    """An answer without `statusCode` is 200 with the value as JSON."""
    answer = await asked(target, "GET", "/look", do={"answer": value})

    assert (200, value) == (answer.status_code, answer.json())
    assert "application/json" == answer.headers["content-type"]


@case("G5", DOCUMENTED)
async def test_g5_an_answer_may_be_base64_and_have_cookies(target: Target) -> None:
    """A base64 answer is decoded; each of `cookies` is a Set-Cookie header."""
    value = {
        "statusCode": 201,
        "body": base64.b64encode(b"\x89PNG").decode(),
        "isBase64Encoded": True,
        "headers": {"content-type": "image/png"},
        "cookies": ["a=1", "b=2; Secure"],
    }
    answer = await asked(target, "GET", "/look", do={"answer": value})

    assert (201, b"\x89PNG", "image/png") == (
        answer.status_code,
        answer.content,
        answer.headers["content-type"],
    )
    assert ["a=1", "b=2; Secure"] == answer.headers.get_list("set-cookie")


@case("G6", DOCUMENTED)
@pytest.mark.parametrize(
    "do",
    [{"raise": "secret"}, {"answer": {"statusCode": "no"}}, {"answer": {"statusCode": 200, "headers": 7}}],
    ids=["raises", "status", "headers"],
)
async def test_g6_a_function_that_fails_is_500(target: Target, do: Any) -> None:
    """The function fails or answers a wrong shape: 500, Internal Server Error."""
    answer = await asked(target, "GET", "/look", do=do)

    assert (500, {"message": "Internal Server Error"}) == (answer.status_code, answer.json())


@case("G6", DOCUMENTED)
async def test_g6_a_function_that_takes_too_long_is_503(target: Target) -> None:
    """It takes longer than its integration may, 30 s at most: 503, Service Unavailable."""
    answer = await asked(target, "GET", "/impatient", do={"sleep": 1})

    assert (503, {"message": "Service Unavailable"}) == (answer.status_code, answer.json())


@case("G7", DOCUMENTED)
async def test_g7_the_gateway_answers_preflights_itself(target: Target) -> None:
    """With CORS the gateway answers preflights itself, with 204; another origin gets no leave."""
    key = new_key()
    headers = [("access-control-request-method", "POST"), ("x-case", key)]
    ours, theirs = [
        await asked(target, "OPTIONS", "/look", api="Cross", headers=[*headers, ("origin", origin)])
        for origin in ("https://app.example", "https://evil.example")
    ]

    assert (204, []) == (ours.status_code, await target.seen_so_far(key))
    assert ["https://app.example", "GET,POST", "x-a", "60"] == [
        ours.headers[f"access-control-{name}"]
        for name in ("allow-origin", "allow-methods", "allow-headers", "max-age")
    ]
    assert "access-control-allow-origin" not in theirs.headers


@case("G7", DOCUMENTED)
async def test_g7_cors_headers_are_the_gateways(target: Target) -> None:
    """The headers are its own, and the function's are ignored."""
    value = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}}
    headers = [("origin", "https://app.example")]
    ours = await asked(target, "GET", "/look", api="Cross", headers=headers, do={"answer": value})
    without = await asked(target, "GET", "/look", api="Cross", do={"answer": value})

    assert ["https://app.example", "etag"] == [
        ours.headers[f"access-control-{name}"] for name in ("allow-origin", "expose-headers")
    ]
    assert "access-control-allow-origin" not in without.headers


@case("G8", DOCUMENTED)
@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"x" * (10 * MB + 1), "text/plain", 413),
        (b"x" * 5 * MB, "image/png", 413),
        (b'"' * 4 * MB, "text/plain", 413),
        (b"x" * 5 * MB, "text/plain", 200),
    ],
    ids=["10 MB", "5 MB as base64", "4 MB of quotes", "5 MB of text"],
)
async def test_g8_a_request_has_10_mb_and_an_event_6(
    target: Target, content: bytes, content_type: str, status: int
) -> None:
    """A request of more than 10 MB is 413, and so is one whose event, base64 and escapes counted, is more than 6 MB."""
    headers = [("content-type", content_type)]
    answer = await asked(target, "POST", "/echo", headers=headers, content=content)

    assert status == answer.status_code
    if status == 413:
        assert {"message": "Request Entity Too Large"} == answer.json()


def token(target: Target, **claims: Any) -> list[tuple[str, str]]:
    """The header of a token of the template's issuer."""
    body = {
        "iss": target.outputs["IssuerUrl"],
        "aud": "conformance",
        "sub": "ann",
        "exp": int(time.time()) + 300,
        **claims,
    }
    text = jwt.encode(body, ISSUER_KEY.read_text(), algorithm="RS256", headers={"kid": "one"})
    return [("authorization", f"Bearer {text}")]


@case("G9", DOCUMENTED)
async def test_g9_a_jwt_authorizer_wants_a_token(target: Target) -> None:
    """A JWT authorizer: no token or one out of order is 401, Unauthorized; the event has the claims of a good one."""
    wrong = [[], [("authorization", "Bearer x")], token(target, aud="others"), token(target, exp=1)]
    for headers in wrong:
        answer = await asked(target, "GET", "/private", headers=headers)
        assert (401, {"message": "Unauthorized"}) == (answer.status_code, answer.json())

    event = await seen(target, "GET", "/private", headers=token(target))
    assert "ann" == event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"]


@case("G9", DOCUMENTED)
async def test_g9_a_route_may_ask_for_a_scope(target: Target) -> None:
    """A token without the route's scope is 403, Forbidden."""
    without = await asked(target, "GET", "/scoped", headers=token(target, scope="write"))
    with_it = await asked(target, "GET", "/scoped", headers=token(target, scope="read write"))

    assert (403, {"message": "Forbidden"}) == (without.status_code, without.json())
    assert 200 == with_it.status_code


@case("G10", DOCUMENTED, simplified="one token bucket a route, exact; AWS's are spread over machines")
async def test_g10_what_is_over_the_throttle_is_429(target: Target) -> None:
    """A throttle is exceeded: 429, Too Many Requests."""
    answers = [await asked(target, "GET", "/throttled") for _ in range(20)]

    refused = [answer for answer in answers if answer.status_code != 200]
    assert {429} == {answer.status_code for answer in refused}
    assert {"message": "Too Many Requests"} == refused[0].json()


@case("G11", INFERRED)
async def test_g11_header_names_of_answers_are_lower_case(target: Target) -> None:
    """The names of an answer's headers are in lower case."""
    answer = await asked(
        target, "GET", "/look", do={"answer": {"statusCode": 200, "headers": {"X-Odd": "1"}}}
    )

    assert b"x-odd" in [name for name, _ in answer.headers.raw]


@case("G12", DOCUMENTED)
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("HEAD", "/look", 404), ("OPTIONS", "/look", 404), ("HEAD", "/pets/cat", 200)],
)
async def test_g12_head_and_options_need_a_route(target: Target, method: str, path: str, status: int) -> None:
    """HEAD and OPTIONS reach a function only by a route that has them."""
    assert status == (await asked(target, method, path)).status_code


@case("G12", DOCUMENTED)
async def test_g12_a_rest_api_has_payload_1_0(target: Target) -> None:
    """A REST API's event is payload 1.0: headers in the sender's case, each value of several, null for what is not."""
    headers = [("X-Two", "a"), ("X-Two", "b"), ("Content-Type", "application/json")]
    event = await seen(target, "POST", "/pets/7?q=1&q=2", api="Rest", headers=headers, content=b"{}")
    plain = await seen(target, "GET", "/look", api="Rest")

    assert {
        "resource": "/pets/{id}",
        "path": "/pets/7",
        "httpMethod": "POST",
        "queryStringParameters": {"q": "2"},
        "multiValueQueryStringParameters": {"q": ["1", "2"]},
        "pathParameters": {"id": "7"},
        "stageVariables": None,
        "body": "{}",
        "isBase64Encoded": False,
    }.items() <= event.items()
    assert ["a", "b"] == event["multiValueHeaders"]["X-Two"]
    absent = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "body")
    assert [None] * 4 == [plain[name] for name in absent]


@case("G12", DOCUMENTED)
@pytest.mark.parametrize(
    ("path", "do", "status", "message"),
    [
        ("/nowhere", None, 403, "Missing Authentication Token"),
        ("/look", {"raise": "boom"}, 502, "Internal server error"),
        ("/look", {"answer": {"hello": 1}}, 502, "Internal server error"),
        ("/impatient", {"sleep": 1}, 504, "Endpoint request timed out"),
    ],
    ids=["unknown", "fails", "malformed", "late"],
)
async def test_g12_a_rest_api_refuses_in_its_own_words(
    target: Target, path: str, do: Any, status: int, message: str
) -> None:
    """Its unknown route is 403, its failure 502, its time-out (29 s at most) 504."""
    answer = await asked(target, "GET", path, api="Rest", do=do)

    assert (status, {"message": message}) == (answer.status_code, answer.json())
