"""Which types of resources are emulated, which need not be, and which are missed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from local_emulator.template.events import SUBSCRIPTIONS
from local_emulator.template.stack import Stack
from local_emulator.template.stores import STORES

_USED = (
    *STORES,
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Scheduler::Schedule",
    *SUBSCRIPTIONS,
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::RouteResponse",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::IntegrationResponse",
    "AWS::ApiGatewayV2::Model",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Stage",
    "AWS::ApiGatewayV2::Deployment",
    *(
        f"AWS::ApiGateway::{kind}"
        for kind in (
            "Authorizer",
            "Deployment",
            "GatewayResponse",
            "Method",
            "Model",
            "RequestValidator",
            "Resource",
            "RestApi",
            "Stage",
        )
    ),
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::UsagePlan",
    "AWS::ApiGateway::UsagePlanKey",
)
_PATHS = ": Metadata.LocalEmulator.Paths serves an API at a path of its own"
_INSTEAD = dict.fromkeys(
    (
        "AWS::ApiGateway::BasePathMapping",
        "AWS::ApiGateway::DomainName",
        "AWS::ApiGatewayV2::ApiMapping",
        "AWS::ApiGatewayV2::DomainName",
    ),
    _PATHS,
)
_WITHOUT_LOCAL_EFFECT = re.compile(
    "AWS::(?:IAM|Logs|CloudWatch|CloudFront|KMS|XRay|CodeDeploy|ApplicationAutoScaling|CertificateManager|Route53)::.+"
    "|AWS::Lambda::(?:Permission|Version|Alias)|AWS::SQS::QueuePolicy|AWS::S3::BucketPolicy|AWS::SNS::TopicPolicy"
    "|AWS::CloudFormation::WaitConditionHandle|AWS::ApiGateway::Account"
)


def not_emulated(stack: Stack) -> Iterator[str]:
    """A note for each resource that has an effect on AWS and none here."""
    for logical_id, kind in stack.types():
        if kind not in _USED and not _WITHOUT_LOCAL_EFFECT.fullmatch(kind):
            yield f"{logical_id} ({kind}) is not emulated{_INSTEAD.get(kind, '')}"
