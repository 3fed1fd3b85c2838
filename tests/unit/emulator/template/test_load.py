"""From a template to an Application."""

from __future__ import annotations

from pathlib import Path

from local_emulator.model import Cors, Throttle
from tests.unit.emulator.template.reading import FUNCTION, HEAD, loaded


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
