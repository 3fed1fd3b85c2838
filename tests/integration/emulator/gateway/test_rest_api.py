"""What API Gateway's REST APIs do (case G12, and the developer guide's pages on each part)."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from local_emulator.model import (
    GatewayResponse,
    Integration,
    IntegrationResponse,
    RestMethod,
    Stage,
    Throttle,
)
from tests.integration.emulator.gateway.local_gateway import Raised

Serve = Callable[..., Any]


def rest(*methods: RestMethod, **settings: Any) -> dict[str, Any]:
    return {"routes": methods, **settings}


def method(verb: str = "GET", path: str = "/x", **settings: Any) -> RestMethod:
    return RestMethod(method=verb, path=path, **{"function": "f", **settings})


def answer(value: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda _: value


FINE = answer({"statusCode": 200, "body": "fine"})


async def test_g12_the_event_is_payload_1_0(serve: Serve) -> None:
    """Resource and path, headers in the sender's case with all their values, the stage in the context's path alone."""
    api = rest(method("POST", "/pets/{id}"), stage=Stage(name="v1", variables={"colour": "red"}))
    async with serve({"f": FINE}, rest=api) as gateway, gateway.http() as http:
        headers = [("X-Mine", "a"), ("X-Mine", "b"), ("Content-Type", "application/json")]
        await http.post("/v1/pets/7?q=1&q=2", content=b"{}", headers=headers)
        (event,) = gateway.functions.of("f")

    assert {
        "resource": "/pets/{id}",
        "path": "/pets/7",
        "httpMethod": "POST",
        "queryStringParameters": {"q": "2"},
        "multiValueQueryStringParameters": {"q": ["1", "2"]},
        "pathParameters": {"id": "7"},
        "stageVariables": {"colour": "red"},
        "body": "{}",
        "isBase64Encoded": False,
    }.items() <= event.items()
    assert "version" not in event
    assert ("b", ["a", "b"]) == (event["headers"]["X-Mine"], event["multiValueHeaders"]["X-Mine"])
    context = event["requestContext"]
    assert ("/v1/pets/7", "v1", "/pets/{id}", "klmno12345") == tuple(
        context[name] for name in ("path", "stage", "resourcePath", "apiId")
    )
    assert "127.0.0.1" == context["identity"]["sourceIp"]
    assert context["identity"]["accessKey"] is None


async def test_g12_what_is_not_there_is_null(serve: Serve) -> None:
    """Where payload 2.0 leaves it out."""
    async with serve({"f": FINE}, rest=rest(method())) as gateway, gateway.http() as http:
        await http.get("/v1/x")
        (event,) = gateway.functions.of("f")

    absent = (
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "pathParameters",
        "stageVariables",
        "body",
    )
    assert [None] * 5 == [event[name] for name in absent]
    assert "authorizer" not in event["requestContext"]


async def get(serve: Serve, api: dict[str, Any], path: str = "/v1/x", **functions: Any) -> httpx.Response:
    async with serve({"f": FINE, **functions}, rest=api) as gateway, gateway.http() as http:
        response: httpx.Response = await http.get(path)
    return response


@pytest.mark.parametrize("path", ["/v1/y", "/v1/x/y", "/v1"])
async def test_g12_an_unknown_resource_is_403(serve: Serve, path: str) -> None:
    """Missing Authentication Token, as for an unknown method."""
    response = await get(serve, rest(method(), method("POST", "/")), path)

    assert (403, {"message": "Missing Authentication Token"}) == (response.status_code, response.json())
    assert "MissingAuthenticationTokenException" == response.headers["x-amzn-errortype"]


async def test_g12_an_unknown_stage_is_403(serve: Serve) -> None:
    """Forbidden: no API is there."""
    async with serve({"f": FINE}, rest=rest(method())) as gateway, gateway.http() as http:
        # The HTTP API of these tests would take every path.
        response = await http.get("/v2/x", headers={"host": "klmno12345.execute-api.us-east-1.amazonaws.com"})

    assert (403, {"message": "Forbidden"}) == (response.status_code, response.json())


async def test_g12_the_most_specific_resource_counts_then_its_method(serve: Serve) -> None:
    """A greedy resource does not step in where a specific one lacks the method."""
    functions = {
        name: answer({"statusCode": 200, "body": name}) for name in ("exact", "one", "greedy", "any")
    }
    api = rest(
        method("GET", "/a/b", function="exact"),
        method("GET", "/a/{id}", function="one"),
        method("ANY", "/{proxy+}", function="greedy"),
        method("ANY", "/a/b/c", function="any"),
        method("POST", "/a/b/c", function="exact"),
    )
    async with serve(functions, rest=api) as gateway, gateway.http() as http:
        found = [(await http.get(f"/v1{path}")).text for path in ("/a/b", "/a/z", "/q/r/s", "/a/b/c")]
        posted = [await http.post(f"/v1{path}") for path in ("/a/b/c", "/a/b")]
        (event,) = gateway.functions.of("greedy")

    assert ["exact", "one", "greedy", "any"] == found
    assert ("exact", 403) == (posted[0].text, posted[1].status_code)
    assert {"proxy": "q/r/s"} == event["pathParameters"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(Raised(), id="raises"),
        pytest.param(None, id="nothing"),
        pytest.param("text", id="text"),
        pytest.param({"body": "x"}, id="no-status"),
        pytest.param({"statusCode": 200, "body": {}}, id="body-no-text"),
        pytest.param({"statusCode": 200, "hello": 1}, id="unknown-member"),
        pytest.param({"statusCode": 200, "headers": {"a": {}}}, id="header-no-text"),
    ],
)
async def test_g12_a_failure_or_a_malformed_answer_is_502(serve: Serve, value: Any) -> None:
    """Internal server error, whatever the function meant."""

    def function(_: dict[str, Any]) -> Any:
        if isinstance(value, Exception):
            raise value
        return value

    response = await get(serve, rest(method()), f=function)

    assert (502, {"message": "Internal server error"}) == (response.status_code, response.json())
    assert "InternalServerErrorException" == response.headers["x-amzn-errortype"]


async def test_g12_an_integration_that_takes_too_long_is_504(serve: Serve) -> None:
    """29 s at most, less where the method says so."""
    assert 29.0 == method().timeout_seconds

    async def slow(_: dict[str, Any]) -> None:
        await asyncio.Event().wait()

    response = await get(serve, rest(method(timeout_seconds=0.05)), f=slow)

    assert (504, {"message": "Endpoint request timed out"}) == (response.status_code, response.json())


async def test_g12_an_answer_has_all_its_headers(serve: Serve) -> None:
    """Several values of one; JSON where no content type is said."""
    value = {"statusCode": 201, "headers": {"X-A": "1", "X-B": "2"}, "multiValueHeaders": {"X-A": ["3", "4"]}}
    response = await get(serve, rest(method()), f=answer(value))

    assert (201, ["3", "4"], "2", "application/json") == (
        response.status_code,
        response.headers.get_list("x-a"),
        response.headers["x-b"],
        response.headers["content-type"],
    )
    assert response.headers["x-amzn-requestid"]


@pytest.mark.parametrize(
    ("types", "accept", "sent", "received"),
    [
        ((), "image/png", (False, "\ufffdPNG"), base64.b64encode(b"\x89PNG")),
        (("image/png",), "image/png", (True, base64.b64encode(b"\x89PNG").decode()), b"\x89PNG"),
        (("*/*",), "text/html", (True, base64.b64encode(b"\x89PNG").decode()), b"\x89PNG"),
        (
            ("image/*",),
            "text/html",
            (True, base64.b64encode(b"\x89PNG").decode()),
            base64.b64encode(b"\x89PNG"),
        ),
    ],
    ids=["none", "listed", "all", "not-accepted"],
)
async def test_g12_binary_media_types(
    serve: Serve, types: tuple[str, ...], accept: str, sent: tuple[bool, str], received: bytes
) -> None:
    """A listed type comes as base64; base64 is decoded where the client's first accepted type is listed."""
    value = {"statusCode": 200, "isBase64Encoded": True, "body": base64.b64encode(b"\x89PNG").decode()}
    api = rest(method("POST"), binary_media_types=types)
    async with serve({"f": answer(value)}, rest=api) as gateway, gateway.http() as http:
        headers = {"content-type": "image/png", "accept": accept}
        response = await http.post("/v1/x", content=b"\x89PNG", headers=headers)
        (event,) = gateway.functions.of("f")

    assert sent == (event["isBase64Encoded"], event["body"])
    assert received == response.content


async def test_g12_a_request_validator_looks_at_parameters_and_body(serve: Serve) -> None:
    """400 with what is missing; no invocation."""
    api = rest(
        method(
            "POST",
            required_parameters=("querystring.page", "header.X-Id"),
            models={"application/json": {"type": "object", "required": ["a"]}},
        )
    )
    async with serve({"f": FINE}, rest=api) as gateway, gateway.http() as http:
        missing = await http.post("/v1/x", content=b"{}")
        wrong = await http.post("/v1/x?page=1", content=b"{}", headers={"X-Id": "1"})
        right = await http.post("/v1/x?page=1", content=b'{"a": 1}', headers={"X-Id": "1"})
        assert 1 == len(gateway.functions.events)

    assert (400, {"message": "Missing required request parameters: [page, X-Id]"}) == (
        missing.status_code,
        missing.json(),
    )
    assert (400, {"message": "Invalid request body"}) == (wrong.status_code, wrong.json())
    assert 200 == right.status_code


async def test_g12_a_mock_answers_a_preflight(serve: Serve) -> None:
    """The OPTIONS method that SAM's Cors makes: a MOCK whose response has the headers."""
    integration = Integration(
        type="MOCK",
        templates={"application/json": '{\n  "statusCode" : 200\n}\n'},
        responses=(
            IntegrationResponse(
                pattern="",
                status=200,
                templates={"application/json": "{}\n"},
                headers={
                    "Access-Control-Allow-Origin": "'https://x'",
                    "Access-Control-Allow-Methods": "'GET,OPTIONS'",
                },
            ),
        ),
    )
    api = rest(method(), method("OPTIONS", function="", integration=integration))
    async with serve({"f": FINE}, rest=api) as gateway, gateway.http() as http:
        response = await http.options("/v1/x", headers={"Origin": "https://x"})
        assert [] == gateway.functions.events

    assert (200, {}, "https://x", "GET,OPTIONS") == (
        response.status_code,
        response.json(),
        response.headers["access-control-allow-origin"],
        response.headers["access-control-allow-methods"],
    )


async def test_g12_templates_around_a_function(serve: Serve) -> None:
    """An AWS integration: the event from path, query and headers; the answer by the error's pattern."""

    def function(event: dict[str, Any]) -> Any:
        if event["id"] == "0":
            raise Raised("not found: 0")
        return event

    integration = Integration(
        type="AWS",
        function="f",
        templates={
            "application/json": '{"id": "$input.params(\'id\')", "q": "$input.params().querystring.get(\'q\')"}'
        },
        responses=(
            IntegrationResponse(pattern="", status=200),
            IntegrationResponse(
                pattern="not found.*",
                status=404,
                templates={"application/json": '{"sorry": $input.json("$.errorMessage")}'},
            ),
        ),
    )
    api = rest(method("GET", "/p/{id}", function="", integration=integration))
    async with serve({"f": function}, rest=api) as gateway, gateway.http() as http:
        found = await http.get("/v1/p/7?q=a")
        missing = await http.get("/v1/p/0")

    assert (200, {"id": "7", "q": "a"}) == (found.status_code, found.json())
    assert (404, {"sorry": "not found: 0"}) == (missing.status_code, missing.json())


async def test_g12_a_template_without_a_match_and_no_passthrough_is_415(serve: Serve) -> None:
    """Unsupported Media Type."""
    integration = Integration(
        type="MOCK",
        templates={"text/xml": "x"},
        passthrough="NEVER",
        responses=(IntegrationResponse(pattern=""),),
    )
    response = await get(serve, rest(method(function="", integration=integration)))

    assert (415, {"message": "Unsupported Media Type"}) == (response.status_code, response.json())


async def test_g12_gateway_responses_are_said_as_the_template_has_it(serve: Serve) -> None:
    """By type before DEFAULT_4XX: status, headers, and a template that knows the error."""
    api = rest(
        method(),
        gateway_responses={
            "DEFAULT_4XX": GatewayResponse(headers={"Access-Control-Allow-Origin": "'*'"}),
            "MISSING_AUTHENTICATION_TOKEN": GatewayResponse(
                status=404,
                headers={"X-Path": "context.path"},
                templates={
                    "application/json": '{"error": $context.error.messageString, "type": "$context.error.responseType"}'
                },
            ),
        },
    )
    async with serve({"f": FINE}, rest=api) as gateway, gateway.http() as http:
        named = await http.get("/v1/nowhere")

    assert (404, "/v1/nowhere") == (named.status_code, named.headers["x-path"])
    assert {"error": "Missing Authentication Token", "type": "MISSING_AUTHENTICATION_TOKEN"} == named.json()
    api = rest(method(api_key_required=True), gateway_responses=api["gateway_responses"])
    default = await get(serve, api)
    assert (403, "*") == (default.status_code, default.headers["access-control-allow-origin"])


async def test_g12_a_throttled_method_is_429(serve: Serve) -> None:
    """Too Many Requests, by the method's own bucket."""
    stage = Stage(name="v1", route_throttles={"GET /x": Throttle(rate=0.001, burst=1)})
    async with serve({"f": FINE}, rest=rest(method(), stage=stage)) as gateway, gateway.http() as http:
        first, second = await http.get("/v1/x"), await http.get("/v1/x")

    assert (200, 429) == (first.status_code, second.status_code)
    assert {"message": "Too Many Requests"} == second.json()


async def test_g12_a_body_over_10_mb_is_413(serve: Serve) -> None:
    """Nothing is invoked."""
    async with serve({"f": FINE}, rest=rest(method("POST"))) as gateway, gateway.http() as http:
        response = await http.post("/v1/x", content=b"x" * (10 * 1024 * 1024 + 1))
        assert [] == gateway.functions.events

    assert 413 == response.status_code
    assert "10485760" in json.loads(response.content)["message"]
