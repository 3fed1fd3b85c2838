"""What is refused of a template, with the resource and the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_emulator.template import TemplateError
from tests.unit.emulator.template.reading import FUNCTION, HEAD, loaded

MAPPING = """
  Q: { Type: AWS::SQS::Queue }
  T: { Type: AWS::DynamoDB::Table }
  M: { Type: AWS::Lambda::EventSourceMapping, Properties: { FunctionName: !Ref F, %s } }
"""


@pytest.mark.parametrize(
    ("resources", "resource", "said"),
    [
        pytest.param(FUNCTION.replace("CodeUri: code", "CodeUri: nowhere"), "F", "no folder", id="no-code"),
        pytest.param(
            FUNCTION.replace("CodeUri: code", "CodeUri: s3://b/k"), "F", "not on this machine", id="s3-code"
        ),
        pytest.param(
            FUNCTION.replace("CodeUri: code", "InlineCode: x"), "F", "code within the template", id="inline"
        ),
        pytest.param(FUNCTION.replace("python3.11", "ruby3.3"), "F", "ruby3.3 is not run here", id="ruby"),
        pytest.param(FUNCTION.replace("app.handler", "handler"), "F", "module.function", id="handler"),
        pytest.param(
            """
  A:
    Type: AWS::ApiGatewayV2::Api
    Properties: { ProtocolType: WEBSOCKET, RouteSelectionExpression: x }
""",
            "A",
            "no stage",
            id="no-stage",
        ),
        pytest.param(
            FUNCTION
            + MAPPING % "EventSourceArn: !GetAtt Q.Arn, FilterCriteria: { Filters: [{ Pattern: x }] }",
            "M",
            "x is no JSON object",
            id="filter",
        ),
        pytest.param(
            FUNCTION + MAPPING % "EventSourceArn: !GetAtt T.StreamArn, StartingPosition: AT_TIMESTAMP",
            "M",
            "AT_TIMESTAMP",
            id="position",
        ),
        pytest.param(
            FUNCTION
            + MAPPING
            % "EventSourceArn: !GetAtt T.StreamArn, StartingPosition: LATEST, TumblingWindowInSeconds: 9",
            "M",
            "TumblingWindowInSeconds",
            id="tumbling-window",
        ),
        pytest.param(
            """
  R: { Type: AWS::Events::Rule, Properties: { ScheduleExpression: cron(0 0 * * * *) } }
""",
            "R",
            r"cron\(0 0 \* \* \* \*\) .*question mark",
            id="cron",
        ),
    ],
)
def test_load_refuses_what_it_cannot_run(folder: Path, resources: str, resource: str, said: str) -> None:
    """The error names the resource, its line and the reason."""
    with pytest.raises(TemplateError, match=said) as raised:
        loaded(folder, HEAD + resources)

    assert raised.value.resource == resource
    assert raised.value.line is not None
    assert f"line {raised.value.line}" in str(raised.value)


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ("{ Paths: { ws: Q } }", "slash"),
        ("{ Paths: { /ws: Q } }", "Q is no API"),
        ("{ Path: { /ws: Q } }", "no Path, only Paths"),
    ],
    ids=["no-slash", "no-api", "unknown-setting"],
)
def test_load_refuses_wrong_metadata(folder: Path, metadata: str, said: str) -> None:
    """A misspelt setting is an error, not silence."""
    with pytest.raises(TemplateError, match=said):
        loaded(
            folder,
            f"Metadata: {{ LocalEmulator: {metadata} }}\nResources: {{ Q: {{ Type: AWS::SQS::Queue }} }}",
        )


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("Resources:\n  A: [", "not valid YAML", 2),
        ("Resources:\n  A: {Type: x}\n  A: {Type: y}", "the key A is given twice", 3),
        ("[]", "no Resources", None),
        ("", "no Resources", None),
    ],
    ids=["syntax", "duplicate", "list", "empty"],
)
def test_load_refuses_what_is_no_template(folder: Path, text: str, said: str, line: int | None) -> None:
    """The line is told where there is one."""
    with pytest.raises(TemplateError, match=said) as raised:
        loaded(folder, text)
    assert raised.value.line == line


def test_load_passes_on_what_sam_refuses(folder: Path) -> None:
    """The translator's own words, and the line of the resource."""
    with pytest.raises(TemplateError, match="SAM refuses") as raised:
        loaded(
            folder,
            HEAD + "  F: { Type: AWS::Serverless::Function, Properties: { CodeUri: code, Color: red } }\n",
        )
    assert raised.value.line == 3


def test_load_reads_json(folder: Path) -> None:
    """CloudFormation's JSON is YAML too."""
    application = loaded(
        folder,
        '{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"U": {"Value": {"Ref": "Q"}}}}',
    )

    assert application.outputs == {"U": "https://sqs.us-east-1.amazonaws.com/123456789012/local-Q"}
