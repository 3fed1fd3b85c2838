"""From a template's REST APIs to the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_emulator.model import Authorizer, GatewayResponse, RestApi, RestMethod, Throttle
from local_emulator.template import TemplateError
from tests.unit.emulator.template.reading import loaded

SAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Variables: { colour: red }
      BinaryMediaTypes: [image~1png]
      Cors: { AllowOrigin: "'https://x'", AllowMethods: "'GET'", MaxAge: "'60'" }
      MethodSettings:
        - { HttpMethod: "*", ResourcePath: "/*", ThrottlingRateLimit: 5, ThrottlingBurstLimit: 6 }
        - { HttpMethod: GET, ResourcePath: "/~1p~1{id}", ThrottlingBurstLimit: 1 }
      GatewayResponses: { DEFAULT_4XX: { StatusCode: 418, ResponseParameters: { Headers: { X: "'y'" } } } }
      Models: { Thing: { type: object, required: [a] } }
      Auth:
        DefaultAuthorizer: Token
        AddDefaultAuthorizerToCorsPreflight: false
        Authorizers:
          Token:
            FunctionArn: !GetAtt F.Arn
            Identity: { Header: X-T, ValidationExpression: "^t", ReauthorizeEvery: 10 }
          Request:
            FunctionArn: !GetAtt F.Arn
            FunctionPayloadType: REQUEST
            Identity: { QueryStrings: [q], Headers: [H], StageVariables: [colour] }
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Runtime: python3.11
      Events:
        A:
          Type: Api
          Properties:
            RestApiId: !Ref Api
            Method: GET
            Path: /p/{id}
            Auth: { Authorizer: Request, ApiKeyRequired: true }
            RequestParameters: [{ method.request.querystring.page: { Required: true } }]
        B:
          Type: Api
          Properties:
            RestApiId: !Ref Api
            Method: ANY
            Path: /{proxy+}
            RequestModel: { Model: Thing, ValidateBody: true, Required: true, ValidateParameters: true }
        C: { Type: Api, Properties: { RestApiId: !Ref Api, Method: POST, Path: /iam, Auth: { Authorizer: AWS_IAM } } }
        D: { Type: Api, Properties: { RestApiId: !Ref Api, Method: GET, Path: /open, Auth: { Authorizer: NONE } } }
        E: { Type: Api, Properties: { Method: GET, Path: /implicit } }
"""

RAW = """
Resources:
  F: { Type: AWS::Lambda::Function, Properties: { Code: code, Handler: app.handler, Runtime: python3.11 } }
  Api: { Type: AWS::ApiGateway::RestApi, Properties: { Name: raw } }
  Pets:
    Type: AWS::ApiGateway::Resource
    Properties: { RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: pets }
  Pet: { Type: AWS::ApiGateway::Resource, Properties: { RestApiId: !Ref Api, ParentId: !Ref Pets, PathPart: "{id}" } }
  Auth:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Api
      Name: auth
      Type: REQUEST
      IdentitySource: method.request.header.A, method.request.querystring.B
      AuthorizerUri: !Sub arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${F.Arn}/invocations
  Validator:
    Type: AWS::ApiGateway::RequestValidator
    Properties: { RestApiId: !Ref Api, ValidateRequestBody: true, ValidateRequestParameters: true }
  Model:
    Type: AWS::ApiGateway::Model
    Properties: { RestApiId: !Ref Api, ContentType: application/json, Schema: { required: [a] } }
  Put:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Pet
      HttpMethod: PUT
      AuthorizationType: CUSTOM
      AuthorizerId: !Ref Auth
      RequestValidatorId: !Ref Validator
      RequestModels: { application/json: !Ref Model }
      RequestParameters: { method.request.querystring.page: true, method.request.header.X: false }
      Integration:
        Type: AWS_PROXY
        IntegrationHttpMethod: POST
        TimeoutInMillis: 2000
        Uri: !Sub arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${F.Arn}/invocations
  Root:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      AuthorizationType: NONE
      Integration:
        Type: MOCK
        RequestTemplates: { application/json: '{"statusCode": 200}' }
        IntegrationResponses:
          - StatusCode: "200"
            ResponseTemplates: { application/json: '{"ok": true}' }
            ResponseParameters: { method.response.header.X: "'1'" }
          - { StatusCode: "404", SelectionPattern: "4.." }
  Response:
    Type: AWS::ApiGateway::GatewayResponse
    Properties: { RestApiId: !Ref Api, ResponseType: UNAUTHORIZED, StatusCode: "499" }
  Deployment: { Type: AWS::ApiGateway::Deployment, Properties: { RestApiId: !Ref Api, StageName: live } }
"""


def methods(api: RestApi) -> dict[str, RestMethod]:
    return {method.route_key: method for method in api.routes}


def test_what_sam_makes_of_an_api_is_read(folder: Path) -> None:
    """Stage, throttles, binary types, gateway responses, and the implicit API beside the explicit one."""
    api, implicit = loaded(folder, SAM).rest_apis

    assert (api.stage.name, api.stage.variables) == ("v1", {"colour": "red"})
    assert api.stage.default_throttle == Throttle(rate=5, burst=6)
    assert api.stage.route_throttles == {"GET /p/{id}": Throttle(rate=10_000, burst=1)}
    assert api.binary_media_types == ("image/png",)
    assert api.gateway_responses == {"DEFAULT_4XX": GatewayResponse(status=418, headers={"X": "'y'"})}
    assert (implicit.logical_id, implicit.stage.name) == ("ServerlessRestApi", "Prod")
    assert list(methods(implicit)) == ["GET /implicit"]


def test_what_sam_makes_of_authorizers_is_read(folder: Path) -> None:
    """TOKEN with its header and pattern, REQUEST with its sources and the default time to live, IAM, and none."""
    found = methods(loaded(folder, SAM).rest_apis[0])

    token = found["ANY /{proxy+}"].authorizer
    assert token == Authorizer(
        logical_id="Token",
        name="Token",
        function="F",
        type="TOKEN",
        identity_sources=("method.request.header.X-T",),
        ttl_seconds=10,
        token_pattern="^t",
    )
    asked = found["GET /p/{id}"].authorizer
    assert asked is not None
    assert (asked.type, asked.ttl_seconds) == ("REQUEST", 300)
    assert set(asked.identity_sources) == {
        "method.request.header.H",
        "method.request.querystring.q",
        "stageVariables.colour",
    }
    assert found["GET /p/{id}"].api_key_required
    assert found["POST /iam"].authorization_type == "AWS_IAM"
    assert found["GET /open"].authorizer is None


def test_what_sam_makes_of_validators_and_cors_is_read(folder: Path) -> None:
    """Required parameters, a model for bodies, and a MOCK for preflights."""
    found = methods(loaded(folder, SAM).rest_apis[0])

    (model,) = found["ANY /{proxy+}"].models.values()
    assert model["definitions"]["thing"] == {"type": "object", "required": ["a"]}
    preflight = found["OPTIONS /p/{id}"]
    assert preflight.integration is not None
    assert preflight.authorizer is None
    assert preflight.integration.type == "MOCK"
    assert preflight.integration.responses[0].headers["Access-Control-Allow-Origin"] == "'https://x'"


def test_raw_resources_and_methods_are_read(folder: Path) -> None:
    """Paths from the tree of resources, and everything that a method names."""
    application = loaded(folder, RAW)
    (api,) = application.rest_apis
    put, root = methods(api)["PUT /pets/{id}"], methods(api)["GET /"]

    assert application.warnings == ()
    assert (api.name, api.stage.name) == ("raw", "live")
    assert (put.function, put.timeout_seconds, put.required_parameters) == ("F", 2.0, ("querystring.page",))
    assert put.models == {"application/json": {"required": ["a"]}}
    assert put.authorizer is not None
    assert put.authorizer.identity_sources == ("method.request.header.A", "method.request.querystring.B")
    assert root.integration is not None
    fine, missing = root.integration.responses
    assert (fine.pattern, fine.status, fine.headers) == ("", 200, {"X": "'1'"})
    assert (missing.pattern, missing.status) == ("4..", 404)
    assert api.gateway_responses["UNAUTHORIZED"].status == 499


@pytest.mark.parametrize(
    ("old", "new", "resource", "said"),
    [
        ("AuthorizationType: CUSTOM", "AuthorizationType: COGNITO_USER_POOLS", "Put", "COGNITO_USER_POOLS"),
        ("      Type: REQUEST\n", "      Type: COGNITO_USER_POOLS\n", "Auth", "COGNITO_USER_POOLS"),
        ("Type: MOCK", "Type: ODD", "Root", "ODD integrations"),
        ("'{\"ok\": true}'", "$util.no()", "Root", "util.no"),
        ('SelectionPattern: "4.."', 'SelectionPattern: "("', "Root", "no regular expression"),
        ("Name: raw", "Name: raw, Policy: { a: b }", "Api", "Policy of a REST API"),
        ("Name: raw", "ApiKeySourceType: AUTHORIZER", "Api", "API keys by AUTHORIZER"),
        ("Type: MOCK", "Type: MOCK\n        ContentHandling: CONVERT_TO_TEXT", "Root", "contentHandling"),
        ("RequestValidatorId: !Ref Validator", "RequestValidatorId: x", "Put", "no request validator x"),
        ("StageName: live", "Description: x", "Api", "no stage"),
        ("!Ref Pet\n", "nowhere\n", "Put", "nowhere is not of this API"),
        (
            "Type: AWS_PROXY",
            "Type: HTTP\n        RequestParameters: { integration.request.header.a: b }",
            "Put",
            "header.a",
        ),
    ],
)
def test_what_would_have_to_be_faked_is_refused(
    folder: Path, old: str, new: str, resource: str, said: str
) -> None:
    """By its name, with the resource and its line."""
    assert old in RAW
    text = RAW.replace(old, new)
    with pytest.raises(TemplateError, match=said) as raised:
        loaded(folder, text)

    line = next(at for at, it in enumerate(text.splitlines(), 1) if it.startswith(f"  {resource}:"))
    assert (resource, line) == (raised.value.resource, raised.value.line)


def test_a_cognito_authorizer_of_sam_is_refused(folder: Path) -> None:
    """An authorizer that cannot be run is no open door."""
    text = SAM.replace(
        "FunctionArn: !GetAtt F.Arn\n            Identity", "UserPoolArn: arn:x\n            Identity"
    )
    with pytest.raises(TemplateError, match="cognito_user_pools"):
        loaded(folder, text)
