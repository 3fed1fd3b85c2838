"""Templates that cannot run, from outside: one clear message each, or the error that AWS would answer with."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from local_emulator.emulator import Emulator
from local_emulator.services import client
from local_emulator.settings import Settings

HEAD = "Transform: AWS::Serverless-2016-10-31\nResources:\n"
FUNCTION = """\
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: hello.handler
      Runtime: python3.11
"""
API = """\
  Api: { Type: AWS::Serverless::HttpApi }
"""
CIRCLE = """\
      Environment: { Variables: { URL: !Sub "https://${Api}.execute-api.us-east-1.amazonaws.com" } }
      Events: { Get: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: GET, Path: / } } }
"""
COGNITO = """\
      Events: { Get: { Type: Api, Properties: { RestApiId: !Ref Rest, Method: GET, Path: / } } }
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Auth: { DefaultAuthorizer: Pool, Authorizers: { Pool: { UserPoolArn: arn:aws:cognito-idp:x } } }
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("Resources:\n  A: { B: ]\n", ["not valid YAML", "(line 2)"], id="syntax"),
        pytest.param(
            HEAD + FUNCTION + "      Timeout: !Secret x\n",
            ["Hello: ", "no intrinsic function Fn::Secret", "(line 9)"],
            id="unknown-intrinsic",
        ),
        pytest.param(
            HEAD + FUNCTION + CIRCLE + API, ["a circular reference", "Api", "Hello", "(line"], id="circular"
        ),
        pytest.param(
            HEAD + FUNCTION.replace("hello.", "hallo."),
            ["Hello: the handler hallo.handler is not there", "(line 3)"],
            id="handler",
        ),
        pytest.param(
            HEAD + FUNCTION + COGNITO, ["Rest: ", "cognito_user_pools", "(line 10)"], id="unsupported"
        ),
        pytest.param("Transform: Secret\nResources: {}\n", ["the transform Secret is a macro"], id="macro"),
        pytest.param(
            HEAD + "  A: { Type: AWS::Serverless::Nothing }\n", ["no function and no API"], id="nothing"
        ),
    ],
)
def test_a_template_that_cannot_run_is_said(tmp_path: Path, text: str, said: list[str]) -> None:
    """Exit 1, one line with the resource and the line, no stack."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src/hello.py").touch()
    (tmp_path / "template.yaml").write_text(text)

    done = subprocess.run(
        [sys.executable, "-m", "local_emulator", "--template", tmp_path / "template.yaml", "--port", "0"],
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path)},
        text=True,
        capture_output=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert done.stdout == ""
    error = done.stderr.strip()
    assert error.startswith("error: ")
    assert len(error.splitlines()) == 1
    for part in said:
        assert part in error


BROKEN = (
    HEAD
    + FUNCTION
    + """\
      Events:
        Http: { Type: HttpApi, Properties: { Method: GET, Path: /hello } }
        Rest: { Type: Api, Properties: { Method: GET, Path: /hello } }
  Socket:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: ws
      RouteSelectionExpression: $request.body.action
      Routes: { $default: { FunctionArn: !GetAtt Hello.Arn } }
"""
)


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[Emulator]:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/hello.py").write_text("import no_such_module\n")
    (tmp_path / "template.yaml").write_text(BROKEN)
    async with Emulator(
        Settings(template=tmp_path / "template.yaml", data_folder=tmp_path), log=lambda *_: None
    ) as made:
        yield made


async def test_a_function_that_cannot_be_imported_fails_at_the_call(emulator: Emulator) -> None:
    """As each service says it: 500 and 502, an error frame, and Lambda's own error object (cases G6, G12, B11, H7)."""
    async with httpx.AsyncClient(base_url=emulator.url, trust_env=False, timeout=20) as http:
        http_api = await http.get("/hello")
        rest_api = await http.get("/Prod/hello")
    async with connect(f"{emulator.url.replace('http', 'ws', 1)}/ws", proxy=None) as socket:
        await socket.send("{}")
        async with asyncio.timeout(20):
            frame = json.loads(await socket.recv())
    called = client("lambda", emulator.environment)
    answer = await asyncio.to_thread(called.invoke, FunctionName="local-Hello", Payload=b"{}")
    called.close()

    assert (http_api.status_code, http_api.json()) == (500, {"message": "Internal Server Error"})
    assert (rest_api.status_code, rest_api.json()) == (502, {"message": "Internal server error"})
    assert frame["message"] == "Internal server error"
    assert answer["FunctionError"] == "Unhandled"
    error = json.loads(answer["Payload"].read())
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert "no_such_module" in error["errorMessage"]
