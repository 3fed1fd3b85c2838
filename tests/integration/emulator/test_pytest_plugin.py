"""The pytest plugin, in runs of pytest of their own."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Runtime: python3.11, CodeUri: ., Timeout: 20}}
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
  Socket:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      StageName: dev
      Routes:
        $default: {FunctionArn: !GetAtt Echo.Arn, RouteResponseSelectionExpression: $default}
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.echo
      Environment: {Variables: {GREETING: hello}}
      Events: {Get: {Type: HttpApi, Properties: {Method: GET, Path: /}}}
Outputs:
  Url: {Value: !Sub "wss://${Socket}.execute-api.${AWS::Region}.amazonaws.com/dev"}
"""

HANDLERS = """
import os, subprocess

def echo(event, context):
    print("heard")
    if event.get("leave"):
        subprocess.Popen(["sleep", "60"], start_new_session=True)
    return {"statusCode": 200, "body": event.get("body") or os.environ["GREETING"]}
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with a template, in which pytest can be run."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("AWS_ENDPOINT_URL_DYNAMODB", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    pytester.makefile(".yaml", template=TEMPLATE)
    pytester.makefile(".py", app=HANDLERS)
    return pytester


def run(project: pytest.Pytester, source: str, *arguments: str) -> pytest.RunResult:
    project.makepyfile(test_it=source)
    return project.runpytest_subprocess(
        "-p", "local_emulator.pytest_plugin", "-p", "no:cacheprovider", "--strict-markers", *arguments
    )


def test_fixture_gives_urls_clients_and_invocations(project: pytest.Pytester) -> None:
    """Everything that a test of an application needs, written with or without asyncio."""
    result = run(
        project,
        """
        import asyncio

        def test_sync(emulator):
            assert emulator.http.get("/").text == "hello"
            with emulator.connect() as socket:
                socket.send("hi")
                assert socket.recv() == "hi"
                (connection,) = emulator.connections()
                emulator.management().post_to_connection(ConnectionId=connection.connection_id, Data=b"pushed")
                assert socket.recv() == "pushed"
            emulator.client("dynamodb").put_item(TableName="local-Table", Item={"pk": {"S": "a"}})
            assert emulator.outputs["Url"] == emulator.socket_url("Socket") == emulator.socket_url("/dev")

        def test_invoke(emulator):
            found = emulator.invoke("Echo", {"body": "x"})
            assert (found.value["body"], found.error) == ("x", None)
            assert "heard" in found.logs and found.logs[0].startswith("START")
            assert "heard" in emulator.logs("Echo")

        def test_async(emulator):
            async def talk():
                async with emulator.connect_async("Socket") as socket:
                    await socket.send("hi")
                    return await socket.recv()

            assert asyncio.run(talk()) == "hi"
            # The table and its row are the ones of the first test.
            assert emulator.client("dynamodb").scan(TableName="local-Table")["Count"] == 1
        """,
    )

    result.assert_outcomes(passed=3)


def test_faults_and_connections_are_cleared_between_tests(project: pytest.Pytester) -> None:
    """A test finds nothing of what the test before it has let go wrong, and one can see what struck."""
    result = run(
        project,
        """
        import pytest

        def test_one(emulator):
            emulator.faults.set({"where": "http", "action": "refuse", "status": 500, "name": "no"})
            assert emulator.http.get("/").status_code == 500
            assert emulator.faults.counts() == {"no": (1, 1)}
            emulator.connect().__enter__().send("left open")

        def test_two(emulator):
            assert emulator.faults.counts() == {}
            assert emulator.connections() == []
            assert emulator.http.get("/").status_code == 200
            assert emulator.faults.kill("Echo") >= 1
            with emulator.connect():
                assert emulator.faults.drop() == 1
        """,
    )

    result.assert_outcomes(passed=2)


def test_marker_names_template_and_options(project: pytest.Pytester) -> None:
    """The closest marker wins; `fresh` gives an emulator whose tables are empty."""
    folder = project.mkdir("elsewhere")
    (project.path / "template.yaml").rename(folder / "other.yaml")
    (project.path / "app.py").rename(folder / "app.py")
    result = run(
        project,
        """
        import pytest

        pytestmark = pytest.mark.emulator(template="elsewhere/other.yaml")

        def test_template(emulator):
            emulator.client("dynamodb").put_item(TableName="local-Table", Item={"pk": {"S": "a"}})
            assert emulator.http.get("/").text == "hello"

        @pytest.mark.emulator(env_vars={"Echo": {"GREETING": "good day"}}, fresh=True)
        def test_options(emulator):
            assert emulator.http.get("/").text == "good day"
            assert emulator.client("dynamodb").scan(TableName="local-Table")["Count"] == 0
        """,
    )

    result.assert_outcomes(passed=2)


def test_option_names_the_template(project: pytest.Pytester) -> None:
    """`--emulator-template` on the command line; one that is not there is said."""
    source = "def test_it(emulator): pass"

    assert {"errors": 1} == run(project, source, "--emulator-template", "missing.yaml").parseoutcomes()
    run(project, source, "--emulator-template", "template.yaml").assert_outcomes(passed=1)


def test_process_that_a_function_leaves_behind_fails_the_test(project: pytest.Pytester) -> None:
    """It would run on after the tests; its command is named."""
    result = run(
        project,
        """
        import pytest

        @pytest.mark.emulator(fresh=True)
        def test_it(emulator):
            assert emulator.invoke("Echo", {"leave": True}).error is None
        """,
    )

    result.assert_outcomes(passed=1, errors=1)
    (line,) = [line for line in result.outlines if "a process of a function still runs" in line][:1]
    assert "sleep 60" in line
    os.kill(int(line.partition("still runs: ")[2].split()[0]), signal.SIGKILL)
