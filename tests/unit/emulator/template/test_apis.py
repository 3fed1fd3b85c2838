"""From a template's APIs to the model: integrations, models, keys, authorizers, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_emulator.model import Authorizer, Integration, IntegrationResponse, JwtAuthorizer
from local_emulator.template import TemplateError
from tests.unit.emulator.template.reading import loaded, refused

SOCKET = """
Resources:
  F: { Type: AWS::Lambda::Function, Properties: { Code: code, Handler: app.handler, Runtime: python3.11 } }
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action }
  S: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref Api, StageName: s, StageVariables: { fn: local-F } } }
"""


def test_mock_with_integration_and_route_response_is_read(folder: Path) -> None:
    """Keys between slashes are patterns, `$default` is the default; a route response makes the route answer."""
    application = loaded(
        folder,
        SOCKET
        + r"""
  I:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: MOCK
      TemplateSelectionExpression: \$default
      RequestTemplates: { $default: '{"statusCode": 200}' }
  Good:
    Type: AWS::ApiGatewayV2::IntegrationResponse
    Properties:
      ApiId: !Ref Api
      IntegrationId: !Ref I
      IntegrationResponseKey: /2\d\d/
      ResponseTemplates: { \$default: '{"pong": true}' }
  Rest:
    Type: AWS::ApiGatewayV2::IntegrationResponse
    Properties: { ApiId: !Ref Api, IntegrationId: !Ref I, IntegrationResponseKey: $default }
  R:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: ping, Target: !Sub "integrations/${I}" }
  RR:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: { ApiId: !Ref Api, RouteId: !Ref R, RouteResponseKey: $default }
""",
    )

    route = application.websocket_apis[0].routes["ping"]
    assert (route.function, route.responds, route.target) == ("", True, "MOCK")
    assert route.integration == Integration(
        type="MOCK",
        templates={"$default": '{"statusCode": 200}'},
        template_selection="\\$default",
        responses=(
            IntegrationResponse(pattern=r"2\d\d", templates={"$default": '{"pong": true}'}),
            IntegrationResponse(pattern=""),
        ),
    )
    assert application.warnings == ()


def test_models_keys_and_stage_variables_are_read(folder: Path) -> None:
    """Models by their names, keys of usage plans of the stage, and the stage's variables in an integration's URI."""
    application = loaded(
        folder,
        SOCKET
        + """
  I:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !Join
        - ""
        - - arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/
          - !Sub arn:aws:lambda:us-east-1:${AWS::AccountId}:function:${!stageVariables.fn}/invocations
  M: { Type: AWS::ApiGatewayV2::Model, Properties: { ApiId: !Ref Api, Name: Talk, Schema: { required: [text] } } }
  R:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: $connect
      ApiKeyRequired: true
      ModelSelectionExpression: $default
      RequestModels: { $default: Talk }
      Target: !Sub integrations/${I}
  Key: { Type: AWS::ApiGateway::ApiKey, Properties: { Value: secret-of-twenty-letters } }
  Other: { Type: AWS::ApiGateway::ApiKey, Properties: { Value: of-no-plan } }
  Plan: { Type: AWS::ApiGateway::UsagePlan, Properties: { ApiStages: [{ ApiId: !Ref Api, Stage: !Ref S }] } }
  Member:
    Type: AWS::ApiGateway::UsagePlanKey
    Properties: { KeyId: !Ref Key, KeyType: API_KEY, UsagePlanId: !Ref Plan }
""",
    )

    (api,) = application.websocket_apis
    route = api.routes["$connect"]
    assert route.function == "F"
    assert route.api_key_required
    assert route.models == {"$default": {"required": ["text"]}}
    assert list(api.stage.api_keys) == ["secret-of-twenty-letters"]
    assert application.warnings == ()


def test_every_stage_is_served(folder: Path) -> None:
    """Each with its own variables, and its own function behind them."""
    application = loaded(
        folder,
        SOCKET
        + """
  T: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref Api, StageName: t, StageVariables: { fn: local-G } } }
  G: { Type: AWS::Lambda::Function, Properties: { Code: code, Handler: app.handler, Runtime: python3.11 } }
  I:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: arn:aws:lambda:us-east-1:123456789012:function:${stageVariables.fn}
  R: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Api, RouteKey: x, Target: !Sub "integrations/${I}" } }
""",
    )

    assert {"s": "F", "t": "G"} == {
        api.stage.name: api.routes["x"].function for api in application.websocket_apis
    }


@pytest.mark.parametrize(
    ("integration", "route", "said"),
    [
        ("IntegrationType: MOCK, RequestTemplates: { a: $util.foo() }", "", "RequestTemplates a: .*util.foo"),
        ("IntegrationType: MOCK, RequestTemplates: { a: '#if($a' }", "", "no Velocity"),
        ("IntegrationType: MOCK, RequestParameters: { a: b }", "", "RequestParameters of an integration"),
        ("IntegrationType: AWS_PROXY, ConnectionId: x", "", "ConnectionId"),
        ("IntegrationType: AWS_PROXY, IntegrationUri: 'f:${stageVariables.no}'", "", "stage variable no"),
        ("IntegrationType: AWS_PROXY, IntegrationUri: nobody", "", "nobody is no function"),
        ("IntegrationType: HTTP_PROXY, IntegrationUri: nowhere", "", "a URL is wanted"),
        ("IntegrationType: ODD", "", "ODD integrations"),
        ("IntegrationType: MOCK", ", RequestModels: { $default: M }", "no model M"),
        ("IntegrationType: MOCK", ", AuthorizationType: JWT", "AuthorizationType JWT"),
        ("IntegrationType: MOCK", ", AuthorizationType: CUSTOM, AuthorizerId: x", "no authorizer x"),
        ("IntegrationType: MOCK", ", RequestParameters: { route.request.querystring.a: {} }", "of a route"),
    ],
)
def test_what_would_have_to_be_faked_is_refused(
    folder: Path, integration: str, route: str, said: str
) -> None:
    """By its name, with resource and line: an emulator that lets through what AWS would stop is worse than none."""
    error = refused(
        folder,
        SOCKET
        + f"""
  I: {{ Type: AWS::ApiGatewayV2::Integration, Properties: {{ ApiId: !Ref Api, {integration} }} }}
  R:
    Type: AWS::ApiGatewayV2::Route
    Properties: {{ ApiId: !Ref Api, RouteKey: x, Target: !Sub "integrations/${{I}}"{route} }}
""",
    )

    assert error.resource in ("I", "R")
    assert error.line in (9, 10)
    with pytest.raises(TemplateError, match=said):
        raise error


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("{ type: odd }", "no JSON schema"),
        ("'{'", "no JSON schema"),
        ("{ properties: { a: { $ref: https://apigateway.amazonaws.com/restapis/x/models/Y } } }", "models/Y"),
    ],
    ids=["wrong", "no-json", "reference"],
)
def test_models_that_cannot_be_used_are_refused(folder: Path, schema: str, said: str) -> None:
    """The model is named."""
    error = refused(
        folder,
        SOCKET
        + f"  M: {{ Type: AWS::ApiGatewayV2::Model, Properties: {{ ApiId: !Ref Api, Schema: {schema} }} }}\n",
    )

    assert ("M", 8) == (error.resource, error.line)
    assert said in error.message


HTTP = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Asked
        EnableIamAuthorizer: true
        Authorizers:
          Asked:
            FunctionArn: !GetAtt F.Arn
            AuthorizerPayloadFormatVersion: "2.0"
            EnableSimpleResponses: true
            Identity: { Headers: [Authorization], ReauthorizeEvery: 30 }
          Jwt:
            IdentitySource: $request.header.Authorization
            JwtConfiguration: { issuer: "https://example.org", audience: [a] }
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Runtime: python3.11
      Events:
        A: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: GET, Path: /asked } }
        B:
          Type: HttpApi
          Properties:
            { ApiId: !Ref Api, Method: GET, Path: /jwt, Auth: { Authorizer: Jwt, AuthorizationScopes: [s] } }
        C: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: GET, Path: /iam, Auth: { Authorizer: AWS_IAM } } }
        D: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: GET, Path: /open, Auth: { Authorizer: NONE } } }
        E: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: GET, Path: /one, PayloadFormatVersion: "1.0" } }
"""


def test_http_authorizers_of_sam_are_read(folder: Path) -> None:
    """Lambda with its answers' form and time to live, JWT with scopes, IAM, and none."""
    routes = {route.path: route for route in loaded(folder, HTTP).http_apis[0].routes}

    asked = routes["/asked"].authorizer
    assert isinstance(asked, Authorizer)
    assert (asked.function, asked.payload_format, asked.simple_responses, asked.ttl_seconds) == (
        "F",
        "2.0",
        True,
        30,
    )
    assert asked.identity_sources == ("$request.header.Authorization",)
    token = routes["/jwt"].authorizer
    assert isinstance(token, JwtAuthorizer)
    assert (token.issuer, token.audience, routes["/jwt"].scopes) == ("https://example.org", ("a",), ("s",))
    assert routes["/iam"].authorization_type == "AWS_IAM"
    assert (routes["/open"].authorization_type, routes["/open"].authorizer) == ("NONE", None)
    assert routes["/one"].payload_format == "1.0"


def test_http_authorizers_of_raw_routes_are_read(folder: Path) -> None:
    """And one that does not fit the route's type is refused."""
    text = """
Resources:
  F: { Type: AWS::Lambda::Function, Properties: { Code: code, Handler: app.handler, Runtime: python3.11 } }
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Name: a, ProtocolType: HTTP } }
  S: { Type: AWS::ApiGatewayV2::Stage, Properties: { ApiId: !Ref Api, StageName: $default } }
  Auth:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: jwt
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: { Issuer: "https://example.org", Audience: [a] }
  I:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      { ApiId: !Ref Api, IntegrationType: HTTP_PROXY, IntegrationMethod: ANY, IntegrationUri: "https://example.org" }
  R:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: GET /x
      AuthorizationType: JWT
      AuthorizerId: !Ref Auth
      AuthorizationScopes: [s]
      Target: !Sub integrations/${I}
"""
    (route,) = loaded(folder, text).http_apis[0].routes

    assert isinstance(route.authorizer, JwtAuthorizer)
    assert (route.scopes, route.target) == (("s",), "ANY https://example.org")
    error = refused(folder, text.replace("AuthorizationType: JWT", "AuthorizationType: CUSTOM"))
    assert ("R", "another kind") == (error.resource, error.message[-12:])
