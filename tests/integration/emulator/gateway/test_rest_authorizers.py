"""Who may call a REST API: authorizers of both kinds, AWS_IAM and API keys (case G12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from local_emulator.model import (
    Authorizer,
    RestMethod,
    Stage,
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


async def get(serve: Serve, api: dict[str, Any], path: str = "/v1/x", **functions: Any) -> httpx.Response:
    async with serve({"f": FINE, **functions}, rest=api) as gateway, gateway.http() as http:
        response: httpx.Response = await http.get(path)
    return response


def policy(effect: str, resource: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {
        "principalId": "ann",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"n": 1, "yes": True},
    }


def token_authorizer(**settings: Any) -> Authorizer:
    return Authorizer(
        logical_id="Tok",
        name="Tok",
        function="auth",
        type="TOKEN",
        identity_sources=("method.request.header.X-Token",),
        **settings,
    )


def by_token(event: dict[str, Any]) -> Any:
    match event["authorizationToken"]:
        case "allow":
            return policy("Allow", event["methodArn"])
        case "deny":
            return policy("Deny", event["methodArn"])
        case "elsewhere":
            return policy("Allow", event["methodArn"].replace("/GET/", "/PUT/"))
        case "unauthorized":
            raise Raised("Unauthorized")
        case _:
            raise Raised("boom")


DENIED = "User is not authorized to access this resource"


@pytest.mark.parametrize(
    ("token", "status", "body"),
    [
        ("allow", 200, None),
        ("deny", 403, {"Message": f"{DENIED} with an explicit deny"}),
        ("elsewhere", 403, {"Message": DENIED}),
        ("unauthorized", 401, {"message": "Unauthorized"}),
        ("broken", 500, {"message": None}),
        (None, 401, {"message": "Unauthorized"}),
    ],
)
async def test_g12_a_token_authorizer_decides(
    serve: Serve, token: str | None, status: int, body: dict[str, Any] | None
) -> None:
    """It gets the token and the method's ARN; its context reaches the function as texts."""
    api = rest(method(authorization_type="CUSTOM", authorizer=token_authorizer()))
    async with serve({"f": FINE, "auth": by_token}, rest=api) as gateway, gateway.http() as http:
        response = await http.get("/v1/x", headers={"X-Token": token} if token else {})
        asked, invoked = gateway.functions.of("auth"), gateway.functions.of("f")

    assert status == response.status_code
    assert body is None or body == response.json()
    if token is None:
        assert [] == asked
    else:
        arn = "arn:aws:execute-api:us-east-1:123456789012:klmno12345/v1/GET/x"
        assert [{"type": "TOKEN", "methodArn": arn, "authorizationToken": token}] == asked
    if status == 200:
        context = invoked[0]["requestContext"]["authorizer"]
        assert {"n": "1", "yes": "true", "principalId": "ann"}.items() <= context.items()
    else:
        assert [] == invoked


async def test_g12_a_token_that_does_not_match_the_pattern_is_not_asked_about(serve: Serve) -> None:
    """401 without an invocation."""
    api = rest(method(authorization_type="CUSTOM", authorizer=token_authorizer(token_pattern="^Bearer .+")))
    async with serve({"f": FINE, "auth": by_token}, rest=api) as gateway, gateway.http() as http:
        response = await http.get("/v1/x", headers={"X-Token": "allow"})
        assert [] == gateway.functions.events

    assert 401 == response.status_code


async def test_g12_a_request_authorizer_gets_the_request(serve: Serve) -> None:
    """All its identity sources must be there; the event is the request's, without body."""
    authorizer = Authorizer(
        logical_id="Req",
        name="Req",
        function="auth",
        identity_sources=(
            "method.request.header.X-Id",
            "method.request.querystring.q",
            "stageVariables.v",
            "context.identity.sourceIp",
        ),
        ttl_seconds=60,
    )
    api = rest(
        method("GET", "/p/{id}", authorization_type="CUSTOM", authorizer=authorizer),
        stage=Stage(name="v1", variables={"v": "1"}),
    )
    functions = {"f": FINE, "auth": lambda event: policy("Allow", "*")}
    async with serve(functions, rest=api) as gateway, gateway.http() as http:
        incomplete = await http.get("/v1/p/1", headers={"X-Id": "a"})
        statuses = [(await http.get("/v1/p/1?q=2", headers={"X-Id": "a"})).status_code for _ in range(2)]
        (asked,) = gateway.functions.of("auth")

    assert (401, [200, 200]) == (incomplete.status_code, statuses)
    assert {
        "type": "REQUEST",
        "resource": "/p/{id}",
        "path": "/p/1",
        "pathParameters": {"id": "1"},
        "queryStringParameters": {"q": "2"},
        "stageVariables": {"v": "1"},
    }.items() <= asked.items()
    assert "body" not in asked


async def test_g12_aws_iam_needs_a_signature(serve: Serve) -> None:
    """403 without one."""
    response = await get(serve, rest(method(authorization_type="AWS_IAM")))

    assert (403, {"message": "Missing Authentication Token"}) == (response.status_code, response.json())


@pytest.mark.parametrize(("key", "status"), [("right", 200), ("wrong", 403), (None, 403)])
async def test_g12_an_api_key_is_required(serve: Serve, key: str | None, status: int) -> None:
    """Forbidden without a key of a usage plan of this stage; with one, the event names it."""
    api = rest(method(api_key_required=True), stage=Stage(name="v1", api_keys={"right": "id1"}))
    async with serve({"f": FINE}, rest=api) as gateway, gateway.http() as http:
        response = await http.get("/v1/x", headers={"x-api-key": key} if key else {})
        events = gateway.functions.of("f")

    assert status == response.status_code
    if status == 200:
        identity = events[0]["requestContext"]["identity"]
        assert ("right", "id1") == (identity["apiKey"], identity["apiKeyId"])
    else:
        assert ({"message": "Forbidden"}, []) == (response.json(), events)
