"""What Ref and GetAtt give for a resource: names, ARNs and URLs shaped as on AWS, the same at every start."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_emulator.model import ACCOUNT_ID, REGION

STACK_NAME = "local"
URL_SUFFIX = "amazonaws.com"

_NAME_PROPERTIES = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::ApiGatewayV2::Stage": "StageName",
    "AWS::ApiGateway::Stage": "StageName",
}
_QUALIFIED = ("AWS::Lambda::Alias", "AWS::Lambda::Version")
_IDS = (
    *(
        f"AWS::ApiGatewayV2::{kind}"
        for kind in ("Api", "Authorizer", "Deployment", "Integration", "Model", "Route")
    ),
    *(
        f"AWS::ApiGateway::{kind}"
        for kind in (
            "ApiKey",
            "Authorizer",
            "Deployment",
            "RequestValidator",
            "Resource",
            "RestApi",
            "UsagePlan",
        )
    ),
)


@dataclass(frozen=True, kw_only=True)
class Named:
    """A resource and its physical name."""

    logical_id: str
    type: str
    name: str
    protocol: str = ""
    """An API's."""


def identify(logical_id: str, resource: Mapping[str, Any], resolve: Callable[[Any], Any]) -> Named:
    """Gives a resource its name: its own where it has one, else one made from the logical id."""
    kind = str(resource.get("Type"))
    properties = resource.get("Properties") or {}
    if kind in _IDS:
        digest = int.from_bytes(hashlib.sha256(logical_id.encode()).digest()[:8])
        name = "".join(
            "abcdefghijklmnopqrstuvwxyz0123456789"[digest // 36**place % 36] for place in range(10)
        )
        return Named(
            logical_id=logical_id, type=kind, name=name, protocol=str(properties.get("ProtocolType", "HTTP"))
        )
    if kind in _QUALIFIED:
        function = str(resolve(properties.get("FunctionName"))).rpartition(":function:")[2].partition(":")[0]
        qualifier = resolve(properties.get("Name")) if kind == "AWS::Lambda::Alias" else 1
        return Named(logical_id=logical_id, type=kind, name=f"{function}:{qualifier}")
    given = resolve(properties.get(_NAME_PROPERTIES.get(kind, "Name")))
    name = str(given) if isinstance(given, str) and given else f"{STACK_NAME}-{logical_id}"
    if given is None and kind == "AWS::S3::Bucket":
        name = name.lower()
    if given is None and str(resolve(properties.get("FifoQueue"))).lower() == "true":
        name += ".fifo"
    return Named(logical_id=logical_id, type=kind, name=name)


def ref(resource: Named) -> str:
    """The value of `!Ref`."""
    match resource.type:
        case "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.{URL_SUFFIX}/{ACCOUNT_ID}/{resource.name}"
        case "AWS::SNS::Topic" | "AWS::Lambda::LayerVersion" | "AWS::Lambda::Alias" | "AWS::Lambda::Version":
            return arn(resource)
    return resource.name


def arn(resource: Named) -> str:
    """The resource's ARN."""
    name = resource.name
    here = f"{REGION}:{ACCOUNT_ID}"
    match resource.type:
        case "AWS::DynamoDB::Table":
            return f"arn:aws:dynamodb:{here}:table/{name}"
        case "AWS::SQS::Queue":
            return f"arn:aws:sqs:{here}:{name}"
        case "AWS::SNS::Topic":
            return f"arn:aws:sns:{here}:{name}"
        case "AWS::S3::Bucket":
            return f"arn:aws:s3:::{name}"
        case "AWS::Lambda::Function" | "AWS::Lambda::Alias" | "AWS::Lambda::Version":
            return f"arn:aws:lambda:{here}:function:{name}"
        case "AWS::Lambda::LayerVersion":
            return f"arn:aws:lambda:{here}:layer:{name}:1"
        case "AWS::Events::Rule":
            return f"arn:aws:events:{here}:rule/{name}"
        case "AWS::Events::EventBus":
            return f"arn:aws:events:{here}:event-bus/{name}"
        case "AWS::Scheduler::Schedule":
            return f"arn:aws:scheduler:{here}:schedule/default/{name}"
        case "AWS::IAM::Role":
            return f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"
        case "AWS::Logs::LogGroup":
            return f"arn:aws:logs:{here}:log-group:{name}:*"
    service = resource.type.split("::")[1].lower()
    return f"arn:aws:{service}:{here}:{name}"


def attribute(resource: Named, name: str) -> str | None:
    """The value of `!GetAtt resource.name`; None where that is not known here."""
    if name in ("Arn", "TopicArn", "LayerVersionArn"):
        return arn(resource)
    match (resource.type, name):
        case ("AWS::SQS::Queue", "QueueName") | ("AWS::SNS::Topic", "TopicName"):
            return resource.name
        case ("AWS::SQS::Queue", "QueueUrl"):
            return ref(resource)
        case ("AWS::DynamoDB::Table", "StreamArn"):
            return f"{arn(resource)}/stream/2026-01-01T00:00:00.000"
        case ("AWS::S3::Bucket", "DomainName"):
            return f"{resource.name}.s3.{URL_SUFFIX}"
        case ("AWS::S3::Bucket", "RegionalDomainName"):
            return f"{resource.name}.s3.{REGION}.{URL_SUFFIX}"
        case ("AWS::ApiGatewayV2::Api", "ApiId"):
            return resource.name
        case ("AWS::ApiGateway::RestApi", "RestApiId"):
            return resource.name
        case ("AWS::ApiGateway::RestApi", "RootResourceId"):
            return f"{resource.name}-root"
        case (
            ("AWS::ApiGateway::ApiKey", "APIKeyId")
            | ("AWS::ApiGateway::Authorizer", "AuthorizerId")
            | ("AWS::ApiGatewayV2::Authorizer", "AuthorizerId")
            | ("AWS::ApiGatewayV2::Integration", "IntegrationId")
            | ("AWS::ApiGatewayV2::Route", "RouteId")
            | ("AWS::ApiGateway::Resource", "ResourceId")
            | ("AWS::ApiGateway::UsagePlan", "Id")
        ):
            return resource.name
        case ("AWS::ApiGatewayV2::Api", "ApiEndpoint"):
            scheme = "wss" if resource.protocol == "WEBSOCKET" else "https"
            return f"{scheme}://{resource.name}.execute-api.{REGION}.{URL_SUFFIX}"
    return None
