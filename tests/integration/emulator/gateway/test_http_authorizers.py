"""Who may call an HTTP API, and payload format 1.0, case by case."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from local_emulator.http1 import Request, Response
from local_emulator.http1 import serve as serve_http
from local_emulator.model import Authorizer, Integration, JwtAuthorizer, Stage
from tests.integration.emulator.gateway.local_gateway import Raised, ok

Serve = Callable[..., Any]


class Issuer:
    """An identity provider: discovery document, keys, and tokens."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.url = ""

    async def __call__(self, request: Request) -> Response:
        if request.path == "/.well-known/openid-configuration":
            return Response.json({"issuer": self.url, "jwks_uri": f"{self.url}/keys"})
        key = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return Response.json({"keys": [{**key, "kid": "one", "alg": "RS256", "use": "sig"}]})

    def token(self, *, key: Any = None, kid: str = "one", **claims: Any) -> str:
        body = {"iss": self.url, "aud": "app", "sub": "ann", "exp": time.time() + 60, **claims}
        present = {name: value for name, value in body.items() if value is not None}
        return jwt.encode(present, key or self._key, algorithm="RS256", headers={"kid": kid})


@pytest.fixture(scope="module")
def keys() -> Issuer:
    return Issuer()


@pytest.fixture
async def issuer(keys: Issuer) -> AsyncIterator[Issuer]:
    server = await serve_http(keys)
    host, port = server.sockets[0].getsockname()
    keys.url = f"http://{host}:{port}"
    yield keys
    server.close()


def guarded(issuer: str, **settings: Any) -> tuple[tuple[Any, ...], ...]:
    authorizer = JwtAuthorizer(
        logical_id="Jwt",
        name="jwt",
        identity_source="$request.header.Authorization",
        issuer=issuer,
        audience=("app",),
    )
    return (("GET", "/x", "f", {"authorization_type": "JWT", "authorizer": authorizer, **settings}),)


async def status_for(serve: Serve, routes: Any, headers: dict[str, str]) -> tuple[int, Any, str]:
    async with serve({"f": ok}, http_routes=routes) as gateway, gateway.http() as http:
        answer = await http.get("/x", headers=headers)
        assert bool(gateway.functions.events) == (answer.status_code == 200)
    body = answer.json() if answer.content else None
    return answer.status_code, body, answer.headers.get("www-authenticate", "")


@pytest.mark.parametrize("prefix", ["Bearer ", ""])
async def test_g9_a_valid_token_is_let_in_with_its_claims(serve: Serve, issuer: Issuer, prefix: str) -> None:
    """The event has the claims as texts; scopes are null where the route asks for none."""
    token = issuer.token(roles=["a", "b"], admin=True)
    async with (
        serve({"f": ok}, http_routes=guarded(issuer.url)) as gateway,
        gateway.http() as http,
    ):
        answer = await http.get("/x", headers={"Authorization": prefix + token})
        (event,) = gateway.functions.of("f")

    assert 200 == answer.status_code
    found = event["requestContext"]["authorizer"]["jwt"]
    assert {"sub": "ann", "aud": "app", "roles": "[a b]", "admin": "true"}.items() <= found["claims"].items()
    assert found["scopes"] is None


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"aud": "other"}, id="audience"),
        pytest.param({"iss": "https://other.example"}, id="issuer"),
        pytest.param({"exp": 1}, id="expired"),
        pytest.param({"nbf": 4102444800}, id="not-yet"),
        pytest.param({"kid": "two"}, id="unknown-key"),
        pytest.param({"key": rsa.generate_private_key(public_exponent=65537, key_size=2048)}, id="forged"),
    ],
)
async def test_g9_a_token_that_is_not_in_order_is_401(
    serve: Serve, issuer: Issuer, claims: dict[str, Any]
) -> None:
    """Signature, issuer, audience and times are verified."""
    headers = {"Authorization": f"Bearer {issuer.token(**claims)}"}
    status, body, challenge = await status_for(serve, guarded(issuer.url), headers)

    assert (401, {"message": "Unauthorized"}) == (status, body)
    assert 'error="invalid_token"' in challenge


async def test_g9_no_token_is_401(serve: Serve, issuer: Issuer) -> None:
    """And neither is what is no token."""
    missing = await status_for(serve, guarded(issuer.url), {})
    nonsense = await status_for(serve, guarded(issuer.url), {"Authorization": "Bearer x"})

    assert (401, {"message": "Unauthorized"}, "Bearer") == missing
    assert 401 == nonsense[0]


async def test_g9_an_issuer_that_cannot_be_asked_lets_nobody_in(serve: Serve, keys: Issuer) -> None:
    """Every token is refused, and the log says why."""
    keys.url = "http://127.0.0.1:9"
    headers = {"Authorization": keys.token()}
    status, _, challenge = await status_for(serve, guarded("http://127.0.0.1:9"), headers)

    assert 401 == status
    assert "communication error" in challenge


async def test_g9_a_route_s_scopes_are_asked_for(serve: Serve, issuer: Issuer) -> None:
    """403 without any of them; with one, all the token's scopes are in the event."""
    routes = guarded(issuer.url, scopes=("read", "write"))
    without = await status_for(serve, routes, {"Authorization": issuer.token(scope="other")})
    async with serve({"f": ok}, http_routes=routes) as gateway, gateway.http() as http:
        await http.get("/x", headers={"Authorization": issuer.token(scope="read more")})
        (event,) = gateway.functions.of("f")

    assert (403, {"message": "Forbidden"}) == without[:2]
    assert ["read", "more"] == event["requestContext"]["authorizer"]["jwt"]["scopes"]


def lambda_guarded(**settings: Any) -> tuple[tuple[Any, ...], ...]:
    authorizer = Authorizer(
        logical_id="Auth",
        name="auth",
        function="auth",
        identity_sources=("$request.header.authorization",),
        **{"payload_format": "2.0", "simple_responses": True, **settings},
    )
    custom = {"authorization_type": "CUSTOM", "authorizer": authorizer}
    return (("GET", "/x", "f", custom), ("GET", "/y", "f", custom))


async def test_g9_a_lambda_authorizer_answers_simply(serve: Serve) -> None:
    """Payload 2.0: `isAuthorized` decides, the context reaches the function as it is."""
    functions = {
        "f": ok,
        "auth": lambda event: {
            "isAuthorized": event["headers"]["authorization"] == "good",
            "context": {"n": 1, "list": ["a"]},
        },
    }
    async with serve(functions, http_routes=lambda_guarded()) as gateway, gateway.http() as http:
        good = await http.get("/x", headers={"Authorization": "good"})
        bad = await http.get("/x", headers={"Authorization": "bad"})
        missing = await http.get("/x")
        (event,) = gateway.functions.of("f")
        asked = gateway.functions.of("auth")

    assert [200, 403, 401] == [good.status_code, bad.status_code, missing.status_code]
    assert {"message": "Forbidden"} == bad.json()
    assert {"lambda": {"n": 1, "list": ["a"]}} == event["requestContext"]["authorizer"]
    assert 2 == len(asked)
    assert ("2.0", "REQUEST", ["good"], "GET /x") == tuple(
        asked[0][name] for name in ("version", "type", "identitySource", "routeKey")
    )
    assert "arn:aws:execute-api:us-east-1:123456789012:fghij67890/$default/GET/x" == asked[0]["routeArn"]


def policy(effect: str, resource: str, **more: Any) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}
    return {
        "principalId": "ann",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        **more,
    }


async def test_g9_a_policy_is_remembered_and_judged_for_each_route(serve: Serve) -> None:
    """With a time to live the function is asked once; what its policy does not name stays closed."""
    functions = {"f": ok, "auth": lambda event: policy("Allow", event["methodArn"], context={"k": "v"})}
    routes = lambda_guarded(payload_format="1.0", simple_responses=False, ttl_seconds=60)
    async with serve(functions, http_routes=routes) as gateway, gateway.http() as http:
        headers = {"Authorization": "t"}
        statuses = [(await http.get(path, headers=headers)).status_code for path in ("/x", "/x", "/y")]
        asked = gateway.functions.of("auth")
        event = gateway.functions.of("f")[0]

    assert [200, 200, 403] == statuses
    assert 1 == len(asked)
    assert ("1.0", "t", "/x") == (asked[0]["version"], asked[0]["authorizationToken"], asked[0]["path"])
    assert {"lambda": {"k": "v"}} == event["requestContext"]["authorizer"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Raised(), id="raises"),
        pytest.param({"context": {}}, id="shape"),
        pytest.param(1, id="no-object"),
    ],
)
async def test_g9_an_authorizer_that_fails_is_500(serve: Serve, answer: Any) -> None:
    """Nobody is let in by mistake."""

    def authorize(_: dict[str, Any]) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with (
        serve({"f": ok, "auth": authorize}, http_routes=lambda_guarded()) as gateway,
        gateway.http() as http,
    ):
        refused = await http.get("/x", headers={"Authorization": "t"})

    assert (500, {"message": "Internal Server Error"}) == (refused.status_code, refused.json())


async def test_g9_aws_iam_needs_a_signature(serve: Serve) -> None:
    """403 without one; it is not verified here."""
    routes = (("GET", "/x", "f", {"authorization_type": "AWS_IAM"}),)
    status, body, _ = await status_for(serve, routes, {})

    assert (403, {"message": "Forbidden"}) == (status, body)


async def test_g12_payload_1_0_on_an_http_api(serve: Serve) -> None:
    """The REST API's event with a version, null for what is absent; the answer may have several values of a header."""
    answer = {"statusCode": 201, "body": "made", "multiValueHeaders": {"X-A": ["1", "2"]}}
    routes = (("POST", "/pets/{id}", "f", {"payload_format": "1.0"}),)
    async with serve({"f": lambda _: answer}, http_routes=routes) as gateway, gateway.http() as http:
        response = await http.post(
            "/pets/7?a=1&a=2", content=b"{}", headers={"content-type": "application/json"}
        )
        (event,) = gateway.functions.of("f")

    assert (201, "made", ["1", "2"]) == (
        response.status_code,
        response.text,
        response.headers.get_list("x-a"),
    )
    assert {
        "version": "1.0",
        "resource": "/pets/{id}",
        "path": "/pets/7",
        "httpMethod": "POST",
        "queryStringParameters": {"a": "2"},
        "multiValueQueryStringParameters": {"a": ["1", "2"]},
        "pathParameters": {"id": "7"},
        "stageVariables": None,
        "body": "{}",
        "isBase64Encoded": False,
    }.items() <= event.items()
    assert "/pets/{id}" == event["requestContext"]["resourcePath"]


async def test_g6_payload_1_0_must_have_a_status(serve: Serve) -> None:
    """Format 1.0 infers nothing: anything else is an internal server error."""
    routes = (("GET", "/", "f", {"payload_format": "1.0"}),)
    async with serve({"f": lambda _: {"hello": 1}}, http_routes=routes) as gateway, gateway.http() as http:
        response = await http.get("/")

    assert (500, {"message": "Internal Server Error"}) == (response.status_code, response.json())


async def test_g3_an_http_proxy_passes_the_request_on(serve: Serve) -> None:
    """Method, body, query and path variables reach the URL; status, body and headers come back."""
    seen: list[Request] = []

    async def backend(request: Request) -> Response:
        seen.append(request)
        return Response(418, b"short", (("x-pot", "1"),))

    server = await serve_http(backend)
    host, port = server.sockets[0].getsockname()
    integration = Integration(type="HTTP_PROXY", url=f"http://{host}:{port}/at/{{proxy}}", method="ANY")
    routes = (("ANY", "/{proxy+}", "", {"integration": integration}),)
    try:
        async with (
            serve({}, http_routes=routes, http_stage=Stage(name="$default")) as gateway,
            gateway.http() as http,
        ):
            answer = await http.put("/a/b?c=d", content=b"tea")
    finally:
        server.close()

    assert (418, "short", "1") == (answer.status_code, answer.text, answer.headers["x-pot"])
    assert [("PUT", "/at/a/b?c=d", b"tea")] == [(it.method, it.target, it.body) for it in seen]
