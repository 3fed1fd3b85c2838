"""From a template to an Application."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_emulator.model import Application, Asynchronous, Cors, StreamEventSource, Throttle
from local_emulator.template import TemplateError, load

HEAD = "Transform: AWS::Serverless-2016-10-31\nResources:\n"
FUNCTION = """
  F:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: code, Handler: app.handler, Runtime: python3.11 }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code/app.py").touch()
    return tmp_path


def loaded(folder: Path, text: str, **overrides: str) -> Application:
    path = folder / "template.yaml"
    path.write_text(text)
    return load(path, overrides, address="localhost:4000")


def test_function_has_the_properties_of_the_template(folder: Path) -> None:
    """Globals, parameters given as text, layers, and local execute-api URLs in variables."""
    (folder / "layer").mkdir()
    application = loaded(
        folder,
        """
Transform: AWS::Serverless-2016-10-31
Parameters: { Seconds: { Type: Number, Default: 12 } }
Globals: { Function: { CodeUri: code/, Runtime: python3.11, Environment: { Variables: { SHARED: 1 } } } }
Resources:
  Layer: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: layer } }
  Api: { Type: AWS::Serverless::HttpApi }
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: chosen
      Handler: app.handler
      Timeout: !Ref Seconds
      MemorySize: 512
      ReservedConcurrentExecutions: 3
      Layers: [!Ref Layer]
      Environment:
        Variables:
          FLAG: true
          URL: !Sub "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/x"
          HOST: !Sub "${Api}.execute-api.${AWS::Region}.amazonaws.com"
""",
    )

    function = application.functions["F"]
    assert function.name == "chosen"
    assert function.arn.endswith(":function:chosen")
    assert (function.timeout_seconds, function.memory_mb, function.reserved_concurrency) == (12, 512, 3)
    assert function.code == folder / "code"
    assert function.layers == (folder / "layer",)
    assert function.environment == {
        "SHARED": "1",
        "FLAG": "true",
        "URL": "http://localhost:4000/x",
        "HOST": "localhost:4000",
    }


def test_websocket_api_of_raw_resources_is_read(folder: Path) -> None:
    """Routes, route responses, time-outs, an authorizer, the stage's variables and throttles."""
    application = loaded(
        folder,
        HEAD
        + FUNCTION
        + """
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: sock, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action }
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      TimeoutInMillis: 5000
      IntegrationUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F.Arn}/invocations
  Auth:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: auth
      AuthorizerType: REQUEST
      IdentitySource: [route.request.querystring.token]
      AuthorizerUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${F.Arn}/invocations
  Connect:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: $connect
      AuthorizationType: CUSTOM
      AuthorizerId: !Ref Auth
      Target: !Sub integrations/${Integration}
  Talk:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: talk
      RouteResponseSelectionExpression: $default
      Target: !Join ["/", [integrations, !Ref Integration]]
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: v1
      StageVariables: { colour: red }
      DefaultRouteSettings: { ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20 }
      RouteSettings: { talk: { ThrottlingBurstLimit: 1 } }
Outputs:
  Url: { Value: !Sub "wss://${Api}.execute-api.${AWS::Region}.amazonaws.com/${Stage}" }
Metadata: { LocalEmulator: { Paths: { /ws: Api } } }
""",
    )

    (api,) = application.websocket_apis
    connect, talk = api.routes["$connect"], api.routes["talk"]
    assert api.route_selection_expression == "$request.body.action"
    assert (connect.function, connect.responds, connect.timeout_seconds) == ("F", False, 5.0)
    assert connect.authorizer is not None
    assert connect.authorizer.identity_sources == ("route.request.querystring.token",)
    assert connect.authorizer.function == "F"
    assert (talk.responds, talk.authorizer) == (True, None)
    assert api.stage.name == "v1"
    assert api.stage.variables == {"colour": "red"}
    assert api.stage.default_throttle == Throttle(rate=10, burst=20)
    assert api.stage.route_throttles == {"talk": Throttle(rate=10_000, burst=1)}
    assert application.outputs == {"Url": "ws://localhost:4000/v1"}
    assert application.paths == {"/ws": "Api"}


def test_http_api_of_sam_events_is_read(folder: Path) -> None:
    """The routes of functions' events, ANY and the default route, CORS, and the unnamed stage."""
    application = loaded(
        folder,
        HEAD
        + """
  Api:
    Type: AWS::Serverless::HttpApi
    Properties: { CorsConfiguration: { AllowOrigins: ["*"], AllowHeaders: [x-a], MaxAge: 60 } }
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Runtime: python3.11
      Events:
        One:
          Type: HttpApi
          Properties: { ApiId: !Ref Api, Method: GET, Path: "/things/{id}", TimeoutInMillis: 2000 }
        Any: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: ANY, Path: "/files/{rest+}" } }
        Rest: { Type: HttpApi, Properties: { ApiId: !Ref Api } }
""",
    )

    (api,) = application.http_apis
    assert {route.route_key for route in api.routes} == {"GET /things/{id}", "ANY /files/{rest+}", "$default"}
    assert {route.function for route in api.routes} == {"F"}
    assert next(route for route in api.routes if "things" in route.path).timeout_seconds == 2.0
    assert api.stage.name == "$default"
    assert api.cors == Cors(allow_origins=("*",), allow_headers=("x-a",), max_age_seconds=60)


def test_http_api_of_raw_routes_is_read(folder: Path) -> None:
    """Without an OpenAPI body, the routes are resources of their own."""
    application = loaded(
        folder,
        HEAD
        + FUNCTION
        + """
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: a, ProtocolType: HTTP } }
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !GetAtt F.Arn
      PayloadFormatVersion: "2.0"
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: POST /x, Target: !Sub "integrations/${Integration}" }
  Stage: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref Api, StageName: $default } }
""",
    )

    (api,) = application.http_apis
    assert [(route.route_key, route.function) for route in api.routes] == [("POST /x", "F")]


def test_event_sources_and_stores_are_read(folder: Path) -> None:
    """The mappings of a queue and a stream with all their settings, and what the store must hold."""
    application = loaded(
        folder,
        HEAD
        + """
  Queue: { Type: AWS::SQS::Queue, Properties: { VisibilityTimeout: 9 } }
  Table: { Type: AWS::DynamoDB::Table, Properties: { StreamSpecification: { StreamViewType: NEW_IMAGE } } }
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Runtime: python3.11
      Events:
        Queue:
          Type: SQS
          Properties:
            Queue: !GetAtt Queue.Arn
            BatchSize: 5
            MaximumBatchingWindowInSeconds: 2
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: { MaximumConcurrency: 4 }
        Stream:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            StartingPosition: LATEST
            BisectBatchOnFunctionError: true
            MaximumRetryAttempts: 2
            MaximumRecordAgeInSeconds: -1
            FilterCriteria: { Filters: [{ Pattern: '{"eventName": ["INSERT"]}' }] }
            DestinationConfig: { OnFailure: { Type: SQS, Destination: !GetAtt Queue.Arn } }
        Other:
          Type: Kinesis
          Properties: { Stream: "arn:aws:kinesis:us-east-1:1:stream/s", StartingPosition: LATEST }
""",
    )

    (source,) = application.sqs_event_sources
    assert (source.function, source.queue, source.batch_size, source.batch_window_seconds) == (
        "F",
        "Queue",
        5,
        2,
    )
    assert (source.report_batch_item_failures, source.maximum_concurrency, source.enabled) == (True, 4, True)
    assert {store.logical_id: store.name for store in application.store_resources} == {
        "Table": "local-Table",
        "Queue": "local-Queue",
    }
    (stream,) = application.stream_event_sources
    assert stream == StreamEventSource(
        logical_id="FStream",
        function="F",
        table="Table",
        stream_arn="arn:aws:dynamodb:us-east-1:123456789012:table/local-Table/stream/2026-01-01T00:00:00.000",
        starting_position="LATEST",
        bisect_on_error=True,
        maximum_retries=2,
        on_failure="arn:aws:sqs:us-east-1:123456789012:local-Queue",
        filters=('{"eventName": ["INSERT"]}',),
    )
    assert any("FOther" in warning for warning in application.warnings)


def test_schedules_and_subscriptions_are_read(folder: Path) -> None:
    """Rules with a schedule and schedules, and what leads from the store to functions; what is not reached is noted."""
    application = loaded(
        folder,
        HEAD
        + """
  Topic: { Type: AWS::SNS::Topic }
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Runtime: python3.11
      Events:
        Rate: { Type: Schedule, Properties: { Schedule: rate(5 minutes), Input: '{"a": 1}', Enabled: false } }
        Cron:
          Type: ScheduleV2
          Properties: { ScheduleExpression: "cron(0 9 ? * MON-FRI *)", ScheduleExpressionTimezone: Europe/Berlin }
        Topic: { Type: SNS, Properties: { Topic: !Ref Topic } }
        Pattern: { Type: EventBridgeRule, Properties: { Pattern: { source: [a] } } }
  Mail: { Type: AWS::SNS::Subscription, Properties: { TopicArn: !Ref Topic, Protocol: email, Endpoint: a@b } }
  Rule:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 day)
      Targets: [{ Id: x, Arn: "arn:aws:states:us-east-1:123456789012:stateMachine:m" }]
""",
    )

    found = {schedule.logical_id: schedule for schedule in application.schedules}
    rate, cron, rule = found["FRate"], found["FCron"], found["Rule"]
    assert (rate.source, rate.expression, rate.enabled) == ("aws.events", "rate(5 minutes)", False)
    assert [(target.arn, target.settings["Input"]) for target in rate.targets] == [
        ("arn:aws:lambda:us-east-1:123456789012:function:local-F", '{"a": 1}')
    ]
    assert (cron.source, cron.expression) == ("aws.scheduler", "cron(0 9 ? * MON-FRI *)")
    assert (cron.timezone, cron.enabled) == ("Europe/Berlin", True)
    assert rule.targets == ()
    assert {one.logical_id: one.type for one in application.subscriptions} == {
        "FTopic": "AWS::SNS::Subscription",
        "FPattern": "AWS::Events::Rule",
    }
    assert any("Mail" in warning and "email" in warning for warning in application.warnings)
    assert any("stateMachine" in warning for warning in application.warnings)


def test_alias_and_version_mean_their_function(folder: Path) -> None:
    """What SAM's AutoPublishAlias puts between an event and its function leads to the code that stands here."""
    application = loaded(
        folder,
        HEAD
        + """
  Bucket: { Type: AWS::S3::Bucket }
  Queue: { Type: AWS::SQS::Queue }
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Runtime: python3.11
      AutoPublishAlias: live
      EventInvokeConfig: { MaximumRetryAttempts: 0 }
      Events:
        Upload: { Type: S3, Properties: { Bucket: !Ref Bucket, Events: "s3:ObjectCreated:*" } }
        Queue: { Type: SQS, Properties: { Queue: !GetAtt Queue.Arn } }
        Get: { Type: HttpApi, Properties: { Method: GET, Path: /x } }
Outputs:
  Version: { Value: !Ref F.Version }
""",
    )

    arn = "arn:aws:lambda:us-east-1:123456789012:function:local-F"
    (bucket,) = (one for one in application.store_resources if one.logical_id == "Bucket")
    (notification,) = bucket.properties["NotificationConfiguration"]["LambdaConfigurations"]
    assert notification["Function"] == f"{arn}:live"
    assert application.outputs["Version"] == f"{arn}:1"
    assert [source.function for source in application.sqs_event_sources] == ["F"]
    assert [route.function for route in application.http_apis[0].routes] == ["F"]
    assert application.functions["F"].asynchronous.maximum_retries == 0


def test_asynchronous_settings_are_read(folder: Path) -> None:
    """The dead-letter queue, the tries and the destinations of a function; without any, Lambda's own numbers."""
    application = loaded(
        folder,
        HEAD
        + FUNCTION
        + """
  Queue: { Type: AWS::SQS::Queue }
  G:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Runtime: python3.11
      DeadLetterQueue: { Type: SQS, TargetArn: !GetAtt Queue.Arn }
      EventInvokeConfig:
        MaximumRetryAttempts: 0
        MaximumEventAgeInSeconds: 60
        DestinationConfig: { OnSuccess: { Type: SNS, Destination: "arn:aws:sns:us-east-1:123456789012:t" } }
""",
    )

    assert application.functions["F"].asynchronous == Asynchronous()
    assert application.functions["G"].asynchronous == Asynchronous(
        maximum_retries=0,
        maximum_age_seconds=60,
        on_success="arn:aws:sns:us-east-1:123456789012:t",
        dead_letter="arn:aws:sqs:us-east-1:123456789012:local-Queue",
    )


def test_conditions_leave_resources_and_outputs_out(folder: Path) -> None:
    """What a false condition excludes is not there, and what refers to it is not looked at."""
    text = """
Parameters: { Extra: { Type: String, Default: "no" } }
Conditions: { WithExtra: !Equals [!Ref Extra, "yes"] }
Resources:
  Always: { Type: AWS::SQS::Queue }
  Sometimes: { Type: AWS::SQS::Queue, Condition: WithExtra }
Outputs:
  Url: { Condition: WithExtra, Value: !Ref Sometimes }
"""

    without, with_it = loaded(folder, text), loaded(folder, text, Extra="yes")

    assert [store.logical_id for store in without.store_resources] == ["Always"]
    assert without.outputs == {}
    assert [store.logical_id for store in with_it.store_resources] == ["Always", "Sometimes"]
    assert with_it.outputs["Url"].endswith("/local-Sometimes")


def test_what_has_no_effect_here_is_not_mentioned_and_the_rest_is(folder: Path) -> None:
    """Roles, alarms and the like pass silently, with intrinsics unknown here; a stream that nobody reads is noted."""
    application = loaded(
        folder,
        """
Resources:
  Role: { Type: AWS::IAM::Role, Properties: { X: !ImportValue other } }
  Alarm: { Type: AWS::CloudWatch::Alarm }
  Stream: { Type: AWS::Kinesis::Stream }
""",
    )

    assert application.warnings == ("Stream (AWS::Kinesis::Stream) is not emulated (line 5)",)


def test_python_of_another_version_is_noted(folder: Path) -> None:
    """The function runs on the interpreter that is there, and the difference is said."""
    application = loaded(folder, HEAD + FUNCTION.replace("python3.11", "python3.8"))

    assert "python3.8" in application.warnings[0]


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
