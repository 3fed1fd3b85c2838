"""Templates as people write them: loops, included files, circles, misspelt functions, and where each error is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.emulator.template.reading import HEAD, loaded, refused

FUNCTION = """\
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Runtime: python3.11
"""


def test_for_each_makes_resources_outputs_and_properties(folder: Path) -> None:
    """Over a list, a parameter or a mapping; nested; `&{Name}` leaves out what a logical id may not have."""
    application = loaded(
        folder,
        """
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Parameters: { Names: { Type: CommaDelimitedList, Default: "One,Two" } }
Mappings: { Zones: { all: { list: [a.b, c] } } }
Resources:
  Fn::ForEach::Queues:
    - Name
    - !Ref Names
    - Queue${Name}:
        Type: AWS::SQS::Queue
        Properties: { QueueName: !Sub "${AWS::StackName}-${Name}", Tags: [{ Key: !Ref Name, Value: x }] }
  Fn::ForEach::Outer:
    - Zone
    - !FindInMap [Zones, all, list]
    - Fn::ForEach::Inner:
        - Size
        - [S, L]
        - "Topic&{Zone}${Size}": { Type: AWS::SNS::Topic }
Outputs:
  Fn::ForEach::Urls:
    - Name
    - [One]
    - "Url${Name}": { Value: !GetAtt [!Sub "Queue${Name}", QueueName] }
""",
    )

    stores = {store.logical_id: store for store in application.store_resources}
    assert sorted(stores) == ["QueueOne", "QueueTwo", "TopicabL", "TopicabS", "TopiccL", "TopiccS"]
    assert stores["QueueTwo"].name == "local-Two"
    assert stores["QueueTwo"].properties["Tags"] == [{"Key": "Two", "Value": "x"}]
    assert application.outputs == {"UrlOne": "local-One"}


@pytest.mark.parametrize(
    ("loop", "said"),
    [
        ("[Name, [a, b], { Same: { Type: AWS::SQS::Queue } }]", "makes Same twice"),
        ("[Name, text, { A: {} }]", "a list is wanted"),
        ("[Name, [a]]", "an identifier, a collection and an object"),
    ],
)
def test_loops_that_cannot_be_are_refused(folder: Path, loop: str, said: str) -> None:
    """By their names."""
    text = f"Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::Things: {loop}\n"
    error = refused(folder, text)

    assert said in error.message
    assert "Fn::ForEach::Things" in error.message


def test_a_file_is_included_where_the_template_says(folder: Path) -> None:
    """Whole, or beside other members, at the top or within; an API's definition file too."""
    (folder / "api.yaml").write_text(
        """
openapi: 3.0.1
paths:
  /x:
    get:
      x-amazon-apigateway-integration:
        { type: aws_proxy, payloadFormatVersion: "2.0", uri: { Fn::GetAtt: [F, Arn] } }
"""
    )
    (folder / "variables.yaml").write_text("TAKEN: from the file\n")
    (folder / "more.yaml").write_text("Outputs: { Here: { Value: yes } }\n")
    application = loaded(
        folder,
        """
Transform:
  - AWS::Serverless-2016-10-31
  - { Name: AWS::Include, Parameters: { Location: more.yaml } }
Resources:
  A:
    Type: AWS::Serverless::HttpApi
    Properties: { DefinitionBody: { Fn::Transform: { Name: AWS::Include, Parameters: { Location: api.yaml } } } }
  B: { Type: AWS::Serverless::HttpApi, Properties: { DefinitionUri: ./api.yaml } }
"""
        + FUNCTION
        + """\
      Environment:
        Variables: { OWN: "1", Fn::Transform: { Name: AWS::Include, Parameters: { Location: variables.yaml } } }
""",
    )

    assert [["GET /x"], ["GET /x"]] == [
        [route.route_key for route in api.routes] for api in application.http_apis
    ]
    assert application.functions["F"].environment == {"OWN": "1", "TAKEN": "from the file"}
    assert application.outputs == {"Here": "True"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Transform: MyMacro\nResources: {}", "MyMacro is a macro"),
        ("Transform: { Name: Other }\nResources: {}", "Other is a macro"),
        (
            "Transform: { Name: AWS::Include, Parameters: { Location: s3://b/k } }\nResources: {}",
            "only files on this machine",
        ),
        (
            "Transform: { Name: AWS::Include, Parameters: { Location: no.yaml } }\nResources: {}",
            "cannot be read",
        ),
    ],
)
def test_macros_that_are_not_run_are_refused(folder: Path, text: str, said: str) -> None:
    """A template without what its macro would make is another template."""
    assert said in refused(folder, text).message


def test_resources_that_need_each_other_are_refused(folder: Path) -> None:
    """As CloudFormation does: the way round, and the line of where it starts."""
    error = refused(
        folder,
        HEAD
        + FUNCTION
        + """\
      Environment: { Variables: { URL: !Sub "https://${Api}.execute-api.us-east-1.amazonaws.com" } }
      Events: { Get: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: GET, Path: / } } }
  Api: { Type: AWS::Serverless::HttpApi }
""",
    )

    assert "a circular reference" in error.message
    assert {"F", "Api"} <= set(error.message.replace(";", "").split())
    assert error.line in (3, 11)


def test_a_reference_in_a_branch_that_is_not_taken_is_no_circle(folder: Path) -> None:
    """Conditions are decided first."""
    application = loaded(
        folder,
        """
Conditions: { Never: !Equals [a, b] }
Resources:
  A: { Type: AWS::SQS::Queue, Properties: { Tags: !If [Never, !Ref B, !Ref AWS::NoValue] } }
  B: { Type: AWS::SQS::Queue, DependsOn: A, Properties: { X: !Sub ["${A}", { A: own }] } }
""",
    )

    assert len(application.store_resources) == 2


@pytest.mark.parametrize(
    ("text", "resource", "line", "said"),
    [
        pytest.param(
            HEAD + FUNCTION + "      Timeout: !Reff X\n", "F", 9, "no intrinsic function Fn::Reff", id="tag"
        ),
        pytest.param(
            HEAD + FUNCTION + "      Timeout: { Fn::Nope: X }\n",
            "F",
            9,
            "no intrinsic function Fn::Nope",
            id="long",
        ),
        pytest.param(
            HEAD + FUNCTION + "      Timeout: 3\n      MemorySize: !ImportValue x\n",
            "F",
            10,
            "Fn::ImportValue reads another stack's export",
            id="import",
        ),
        pytest.param(
            HEAD + FUNCTION + "      Environment:\n        Variables:\n          A: !GetAtt Nobody.Arn\n",
            "F",
            11,
            "no resource or parameter Nobody",
            id="unknown-resource",
        ),
        pytest.param(
            HEAD + FUNCTION.replace("app.handler", "gone.handler"), "F", 3, "has no gone.py", id="handler"
        ),
        pytest.param(HEAD + FUNCTION.replace(": code", ": code/app.py"), "F", 3, "unpack it", id="zip"),
    ],
)
def test_errors_say_where(folder: Path, text: str, resource: str, line: int, said: str) -> None:
    """The resource, and the line of the very function where it is one, else of the resource."""
    error = refused(folder, text)

    assert said in error.message
    assert (resource, line) == (error.resource, error.line)
    assert str(error).startswith(f"{resource}: ")
    assert str(error).endswith(f"(line {line})")


def test_a_resource_that_sam_made_has_the_line_of_its_own(folder: Path) -> None:
    """What a person can look up is the resource that was written."""
    application = loaded(
        folder,
        HEAD
        + "  First: { Type: AWS::SQS::Queue }\n"
        + FUNCTION
        + "      Events: { Rule: { Type: CloudWatchLogs, Properties: { LogGroupName: g, FilterPattern: x } } }\n",
    )

    noted = [warning for warning in application.warnings if "not emulated" in warning]
    assert [warning.rpartition(" (line ")[2] for warning in noted] == ["4)"] * len(noted)


@pytest.mark.parametrize(
    ("handler", "files"),
    [
        ("app.handler", ["code/app.py"]),
        ("pkg.mod.handler", ["code/pkg/mod.py"]),
        ("pkg/mod.handler", ["code/pkg/mod.py"]),
        ("pkg.handler", ["code/pkg/__init__.py"]),
        ("shared.handler", ["layer/python/shared.py"]),
    ],
)
def test_a_handler_may_be_anywhere_on_the_path(folder: Path, handler: str, files: list[str]) -> None:
    """In the code, in a package, in a layer."""
    (folder / "layer").mkdir()
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    text = HEAD + FUNCTION.replace("app.handler", handler)
    text += "      Layers: [!Ref L]\n  L: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: layer } }\n"

    assert loaded(folder, text).functions["F"].handler == handler


def test_rules_are_not_looked_at_and_dynamic_references_are_noted(folder: Path) -> None:
    """What is looked up in AWS stays as it stands, and the person hears where and what to do."""
    application = loaded(
        folder,
        """
Transform: AWS::Serverless-2016-10-31
Rules: { R: { Assertions: [{ Assert: !Contains [[a], !Ref AWS::Region] }] } }
Resources:
"""
        + FUNCTION
        + '      Environment: { Variables: { SECRET: "{{resolve:ssm:/a/b}}" } }\n',
    )

    (warning,) = application.warnings
    assert "F: {{resolve:ssm:/a/b}} is not looked up" in warning
    assert "--env-vars (line 5)" in warning


def test_a_built_template_is_read_from_its_own_folder(folder: Path) -> None:
    """What `sam build` leaves: code and layers beside the template, with its metadata."""
    built = folder / ".aws-sam/build"
    (built / "F").mkdir(parents=True)
    (built / "F/app.py").touch()
    (built / "L/python").mkdir(parents=True)
    application = loaded(
        built,
        """
Transform: AWS::Serverless-2016-10-31
Resources:
  L:
    Type: AWS::Serverless::LayerVersion
    Properties: { ContentUri: L }
    Metadata: { BuildMethod: python3.11, SamResourceId: L }
  F:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: F, Handler: app.handler, Runtime: python3.11, Layers: [!Ref L] }
    Metadata: { SamResourceId: F }
""",
    )

    assert application.functions["F"].code == built / "F"
    assert application.functions["F"].layers == (built / "L",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Resources: { A: text }", "A: a resource is a mapping"),
        ("Resources: { A: null }", "A: a resource is a mapping"),
        ("Resources: { A: { Properties: {} } }", "A: the resource has no Type"),
        ("Resources: { A: { Type: x, Properties: [1] } }", "A: Properties is no mapping"),
        ("Resources: { A: { Type: x, Condition: [1] } }", "A: Condition is no condition's name"),
        ("Resources: { A: { Type: x, Condition: Nope } }", "there is no condition Nope"),
        ("Resources: {}\nOutputs: [a]", "Outputs is no mapping"),
        ("Resources: {}\nOutputs: { O: text }", "Outputs.O is no mapping"),
        ("Resources: {}\nParameters: { P: text }", "Parameters.P is no mapping"),
        ("Resources: {}\nConditions: { C: [1, 2] }", None),
        ("Resources: { A: { Type: AWS::Lambda::Function } }", "A: Handler is None"),
        ("Resources: { A: { Type: AWS::ApiGatewayV2::Api, Properties: { Body: text } } }", "A: "),
        (
            "Resources: { A: { Type: AWS::ApiGateway::RestApi, Properties: { Body: { paths: [1] } } },"
            " D: { Type: AWS::ApiGateway::Deployment, Properties: { RestApiId: !Ref A, StageName: s } } }",
            "A: a property is not as CloudFormation wants it",
        ),
        (
            "Transform: AWS::Serverless-2016-10-31\nResources: { A: { Type: AWS::Serverless::Function } }",
            "SAM refuses",
        ),
        (
            "Transform: AWS::Serverless-2016-10-31\nGlobals: { Function: [1] }\n"
            "Resources: { A: { Type: AWS::Serverless::Function } }",
            "SAM",
        ),
        (
            "Transform: AWS::Serverless-2016-10-31\n"
            "Resources: { A: { Type: AWS::Serverless::Function, Properties: { Events: [1] } } }",
            "SAM",
        ),
    ],
)
def test_what_has_not_a_template_s_shape_is_refused_in_words(
    folder: Path, text: str, said: str | None
) -> None:
    """Never by a stack."""
    if said is None:
        loaded(folder, text)
        return
    assert said in str(refused(folder, text))


def test_a_custom_domain_is_noted_with_the_way_out(folder: Path) -> None:
    """An extra path is what stands for it here."""
    text = "Resources:\n  D: { Type: AWS::ApiGatewayV2::DomainName, Properties: { DomainName: api.example.com } }\n"

    (warning,) = loaded(folder, text).warnings
    assert warning.endswith("Metadata.LocalEmulator.Paths serves an API at a path of its own (line 2)")
