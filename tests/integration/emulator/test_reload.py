"""Hot reload: a saved file is in use at the next request."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from local_emulator.emulator import Emulator
from local_emulator.settings import Settings
from tests.integration.emulator.helpers import alive, eventually

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals: {{Function: {{Runtime: python3.11, CodeUri: code, Timeout: 20}}}}
Resources:
  Socket:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      StageName: dev
      Routes:
        $default: {{FunctionArn: !GetAtt First.Arn, RouteResponseSelectionExpression: $default}}
  First:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.first
      Environment: {{Variables: {{GREETING: {greeting}}}}}
      Events: {{Get: {{Type: HttpApi, Properties: {{Method: GET, Path: /first}}}}}}
{more}
"""
MORE = """
  Queue: {Type: AWS::SQS::Queue}
  Second:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.first
      CodeUri: other
      Events:
        Get: {Type: HttpApi, Properties: {Method: GET, Path: /second}}
        Messages: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}
"""
CODE = """
import os, time

def first(event, context):
    time.sleep(float((event.get("queryStringParameters") or {{}}).get("sleep", 0)))
    return {{"statusCode": 200, "body": {body}}}
"""


def save(path: Path, text: str) -> None:
    """As editors do: a new file in the place of the old."""
    path.parent.mkdir(exist_ok=True)
    partial = path.with_name(f"{path.name}~")
    partial.write_text(text)
    partial.replace(path)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    save(tmp_path / "code" / "app.py", CODE.format(body="'one'"))
    save(tmp_path / "other" / "app.py", CODE.format(body="'other'"))
    save(tmp_path / "template.yaml", TEMPLATE.format(greeting="hello", more=""))
    return tmp_path


@pytest.fixture
async def emulator(project: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Emulator]:
    made = Emulator(
        Settings(
            template=project / "template.yaml",
            data_folder=tmp_path_factory.mktemp("certificates"),
            watch=True,
        )
    )
    async with made:
        yield made


async def get(emulator: Emulator, path: str) -> str:
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(emulator.url + path, timeout=20)).text


async def becomes(emulator: Emulator, path: str, text: str) -> None:
    async def is_so() -> bool:
        return text == await get(emulator, path)

    await eventually(is_so)


async def test_saved_code_is_used(emulator: Emulator, project: Path) -> None:
    """Also the save within the same second that leaves a file of the same size."""
    code = project / "code" / "app.py"
    await becomes(emulator, "/first", "one")
    for text in ("two", "six", "ten"):
        before = code.stat().st_mtime
        save(code, CODE.format(body=f"'{text}'"))
        os.utime(code, (before, before))

        await becomes(emulator, "/first", text)


async def test_running_invocation_finishes_with_the_old_code(emulator: Emulator, project: Path) -> None:
    """Its environment ends afterwards."""
    await get(emulator, "/first")
    (old,) = [one.pid for one in emulator.pool.environments()]
    slow = asyncio.create_task(get(emulator, "/first?sleep=1.5"))
    await eventually(lambda: any(one.busy for one in emulator.pool.environments()))

    save(project / "code" / "app.py", CODE.format(body="'new'"))
    await becomes(emulator, "/first", "new")

    assert not slow.done()
    assert "one" == await slow
    await eventually(lambda: not alive(old))


async def test_broken_code_fails_and_mended_code_runs(emulator: Emulator, project: Path) -> None:
    """As a broken deployment would, and no restart is needed."""
    code = project / "code" / "app.py"
    await becomes(emulator, "/first", "one")
    save(code, "def first(:")
    await becomes(emulator, "/first", '{"message": "Internal Server Error"}')
    save(code, CODE.format(body="'mended'"))
    await becomes(emulator, "/first", "mended")


async def test_saved_template_is_used(emulator: Emulator, project: Path) -> None:
    """Variables, functions, routes, queues and event sources; open connections stay open."""
    save(project / "code" / "app.py", CODE.format(body="os.environ['GREETING']"))
    await becomes(emulator, "/first", "hello")
    url = emulator.url.replace("http", "ws", 1) + "/dev"
    async with connect(url, proxy=None) as socket:
        save(project / "template.yaml", TEMPLATE.format(greeting="good day", more=MORE))

        await becomes(emulator, "/second", "other")
        await becomes(emulator, "/first", "good day")
        await socket.send("{}")
        assert "good day" == await socket.recv()
    assert ["Queue"] == [source.queue for source in emulator.application.sqs_event_sources]

    save(project / "other" / "app.py", CODE.format(body="'new'"))
    await becomes(emulator, "/second", "new")
    save(project / "template.yaml", TEMPLATE.format(greeting="good day", more=""))
    await becomes(emulator, "/second", '{"message": "Not Found"}')


async def test_broken_template_keeps_the_old_one_running(
    emulator: Emulator, project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And says why; mended, it is taken up."""
    template = project / "template.yaml"

    def said() -> Any:
        return [record for record in caplog.records if record.levelno == logging.ERROR]

    with caplog.at_level(logging.INFO, "local_emulator.reload"):
        save(template, "Resources: {A: [")
        (record,) = await eventually(said)
    assert "template.yaml cannot be used, what ran before goes on" in record.getMessage()
    assert "not valid YAML" in record.getMessage()
    assert "one" == await get(emulator, "/first")

    save(template, TEMPLATE.format(greeting="hello", more=MORE))
    await becomes(emulator, "/second", "other")
