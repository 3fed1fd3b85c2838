"""What API Gateway does with WebSocket routes that are more than a Lambda proxy, case by case."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from local_emulator.http1 import Request, Response
from local_emulator.http1 import serve as serve_http
from local_emulator.model import Integration, IntegrationResponse, Stage
from tests.integration.emulator.gateway.local_gateway import Raised, ok

Serve = Callable[..., Any]

DEFAULT = IntegrationResponse(pattern="")


def mock(request: str = '{"statusCode": 200}', **settings: Any) -> dict[str, Any]:
    """A route with a MOCK integration and a route response."""
    integration = Integration(type="MOCK", templates={"$default": request}, **settings)
    return {"function": "", "integration": integration, "responds": True}


def response(template: str, pattern: str = "", **settings: Any) -> IntegrationResponse:
    return IntegrationResponse(pattern=pattern, templates={"$default": template}, **settings)


async def said(socket: Any, *frames: str) -> list[str]:
    """What comes back, one answer a frame."""
    answers = []
    async with asyncio.timeout(5):
        for frame in frames:
            await socket.send(frame)
            answers.append(str(await socket.recv()))
    return answers


async def test_b13_a_mock_answers_without_a_function(serve: Serve) -> None:
    """The request's template gives the status, the response's template the frame; both know the request."""
    template = (
        '{"pong": $input.json("$.n"), "to": "$context.connectionId", "stage": "$stageVariables.colour"}'
    )
    # A response's template is filled in from the backend's answer, of which a MOCK has none.
    reply = response(template.replace('$input.json("$.n")', "true"))
    routes = {"ping": mock(responses=(reply,))}
    stage = Stage(name="dev", variables={"colour": "red"})
    async with serve({"ping": ok}, routes=routes, stage=stage) as gateway, gateway.connect() as socket:
        (answer,) = await said(socket, '{"action": "ping"}')

        assert [] == gateway.functions.events
    assert {"pong": True, "stage": "red"}.items() <= json.loads(answer).items()
    assert json.loads(answer)["to"].endswith("=")


async def test_b13_the_integration_response_is_chosen_by_the_status(serve: Serve) -> None:
    """Keys are regular expressions over it; what none fits takes the default."""
    request = '#if($input.path("$.bad")){"statusCode": 404}#{else}{"statusCode": 200}#end'
    responses = (response("missing", r"4\d\d"), response("fine"))
    async with (
        serve({"ping": ok}, routes={"ping": mock(request, responses=responses)}) as gateway,
        gateway.connect() as socket,
    ):
        answers = await said(socket, '{"action": "ping"}', '{"action": "ping", "bad": true}')

    assert ["fine", "missing"] == answers


async def test_b13_templates_are_chosen_by_selection_expressions(serve: Serve) -> None:
    """Over the request's body and the backend's status; where none is named so, the default one."""
    integration = Integration(
        type="MOCK",
        template_selection="${request.body.kind}",
        templates={"odd": '{"statusCode": 500}', "$default": '{"statusCode": 200}'},
        responses=(
            IntegrationResponse(
                pattern="",
                template_selection="${integration.response.statuscode}",
                templates={"500": "five hundred", "$default": "default"},
            ),
        ),
    )
    routes = {"ping": {"function": "", "integration": integration, "responds": True}}
    async with serve({"ping": ok}, routes=routes) as gateway, gateway.connect() as socket:
        answers = await said(
            socket, '{"action": "ping", "kind": "odd"}', '{"action": "ping", "kind": "even"}'
        )

    assert ["five hundred", "default"] == answers


async def test_b13_without_a_route_response_nothing_is_sent(serve: Serve) -> None:
    """One-way communication, whatever the integration response says."""
    one_way = mock(responses=(response("never"),)) | {"responds": False}
    routes = {"quiet": one_way, "ping": mock(responses=(response("pong"),))}
    async with (
        serve({"quiet": ok, "ping": ok}, routes=routes) as gateway,
        gateway.connect() as socket,
    ):
        await socket.send('{"action": "quiet"}')
        assert ["pong"] == await said(socket, '{"action": "ping"}')


@pytest.mark.parametrize(
    "route",
    [
        pytest.param(mock("{}", responses=(DEFAULT,)), id="no-status"),
        pytest.param(mock("no json", responses=(DEFAULT,)), id="no-json"),
        pytest.param(mock(responses=(response("x", "9.."),)), id="no-response-fits"),
        pytest.param(mock("$util.parseJson('{')", responses=(DEFAULT,)), id="template-fails"),
    ],
)
async def test_b11_a_mock_that_cannot_answer_is_an_internal_error(
    serve: Serve, route: dict[str, Any]
) -> None:
    """The client hears it, and the connection stays."""
    async with serve({"ping": ok}, routes={"ping": route}) as gateway, gateway.connect() as socket:
        answers = await said(socket, '{"action": "ping"}', '{"action": "ping"}')

    assert ["Internal server error"] * 2 == [json.loads(answer)["message"] for answer in answers]


@pytest.mark.parametrize(("status", "expected"), [(200, None), (403, 403)])
async def test_a2_a3_a_mock_on_connect_decides(serve: Serve, status: int, expected: int | None) -> None:
    """Its status is the upgrade's."""
    route = mock(f'{{"statusCode": {status}}}', responses=(DEFAULT,))
    async with serve({"$connect": ok}, routes={"$connect": route}) as gateway:
        if expected is None:
            async with gateway.connect():
                return
        with pytest.raises(InvalidStatus) as refused:
            async with gateway.connect():
                pass
    assert expected == refused.value.response.status_code


async def test_b9_a_function_behind_templates(serve: Serve) -> None:
    """An AWS integration: the request template makes the event, the response template the frame; errors by pattern."""

    def divide(event: dict[str, Any]) -> dict[str, Any]:
        if event["by"] == 0:
            raise Raised("division by zero")
        return {"result": event["what"] / event["by"]}

    integration = Integration(
        type="AWS",
        function="divide",
        templates={"$default": '{"what": $input.path("$.a"), "by": $input.path("$.b")}'},
        responses=(response('{"is": $input.json("$.result")}'), response("never by zero", ".*zero.*")),
    )
    routes = {"divide": {"function": "", "integration": integration, "responds": True}}
    async with serve({"divide": divide}, routes=routes) as gateway, gateway.connect() as socket:
        answers = await said(
            socket, '{"action": "divide", "a": 1, "b": 4}', '{"action": "divide", "a": 1, "b": 0}'
        )

    assert ['{"is": 0.25}', "never by zero"] == answers


async def test_b9_an_http_proxy_passes_message_and_answer(serve: Serve) -> None:
    """The message's text goes to the URL by the method that the integration names, and the answer comes back whole."""
    seen: list[Request] = []

    async def backend(request: Request) -> Response:
        seen.append(request)
        return Response(200, b"echo " + request.body)

    server = await serve_http(backend)
    host, port = server.sockets[0].getsockname()
    integration = Integration(type="HTTP_PROXY", url=f"http://{host}:{port}/in", method="PUT")
    routes = {"tell": {"function": "", "integration": integration, "responds": True}}
    try:
        async with serve({"tell": ok}, routes=routes) as gateway, gateway.connect() as socket:
            (answer,) = await said(socket, '{"action":"tell"}')
    finally:
        server.close()

    assert 'echo {"action":"tell"}' == answer
    assert [("PUT", "/in")] == [(request.method, request.path) for request in seen]


async def test_b14_a_body_that_does_not_fit_the_model_is_refused(serve: Serve) -> None:
    """Nothing is invoked; the model is chosen by the route's expression."""
    schema = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
    routes = {
        "say": {
            "responds": True,
            "model_selection": "${request.body.version}",
            "models": {"1": schema, "$default": {}},
        }
    }
    functions = {"say": lambda event: {"statusCode": 200, "body": "heard"}}
    async with serve(functions, routes=routes) as gateway, gateway.connect() as socket:
        answers = await said(
            socket,
            '{"action": "say", "version": "1", "text": "hello"}',
            '{"action": "say", "version": "1", "text": 1}',
            '{"action": "say", "version": "2", "text": 1}',
        )

        assert 2 == len(gateway.functions.of("say"))
    assert ["heard", "heard"] == [answers[0], answers[2]]
    error = json.loads(answers[1])
    assert {"message", "connectionId", "requestId"} == set(error)
    assert "Bad request body" == error["message"]


@pytest.mark.parametrize(("key", "status"), [("right", None), ("wrong", 403), (None, 403)])
async def test_b24_an_api_key_is_required_on_connect(
    serve: Serve, key: str | None, status: int | None
) -> None:
    """403 without a key of a usage plan of this stage; $connect is not invoked."""
    stage = Stage(name="dev", api_keys={"right": "id"})
    async with serve(
        {"$connect": ok}, routes={"$connect": {"api_key_required": True}}, stage=stage
    ) as gateway:
        headers = {"x-api-key": key} if key else {}
        try:
            async with gateway.connect(additional_headers=headers):
                refused = None
        except InvalidStatus as error:
            refused = error.response.status_code
        invoked = len(gateway.functions.of("$connect"))

    assert status == refused
    assert (1 if status is None else 0) == invoked
