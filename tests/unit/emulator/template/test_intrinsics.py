"""CloudFormation's intrinsic functions."""

from __future__ import annotations

from typing import Any

import pytest

from local_emulator.template.errors import TemplateError
from local_emulator.template.language.intrinsics import Resolver

TABLE_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/local-Table"
TEMPLATE: dict[str, Any] = {
    "Mappings": {"Sizes": {"small": {"memory": 128}}},
    "Conditions": {
        "Always": {"Fn::Equals": ["a", "a"]},
        "Never": {"Fn::Not": [{"Condition": "Always"}]},
        "Both": {"Fn::And": [{"Condition": "Always"}, {"Condition": "Never"}]},
        "Either": {"Fn::Or": [{"Condition": "Never"}, {"Fn::Equals": [{"Ref": "Stage"}, "dev"]}]},
        "Circular": {"Condition": "Circular"},
    },
    "Resources": {
        "Table": {"Type": "AWS::DynamoDB::Table"},
        "Named": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Fn::Sub": "${Stage}-items"}}},
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Fifo": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}},
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Socket": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "WEBSOCKET"}},
        "Function": {"Type": "AWS::Lambda::Function"},
        "Self": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Self"}}},
    },
}


@pytest.fixture
def resolver() -> Resolver:
    return Resolver(TEMPLATE, {"Stage": "dev", "Zones": ["a", "b"]})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"Ref": "Stage"}, "dev", id="ref-parameter"),
        pytest.param({"Ref": "Zones"}, ["a", "b"], id="ref-list"),
        pytest.param({"Ref": "AWS::Region"}, "us-east-1", id="ref-pseudo"),
        pytest.param({"Ref": "Table"}, "local-Table", id="ref-table"),
        pytest.param({"Ref": "Named"}, "dev-items", id="ref-own-name"),
        pytest.param({"Ref": "Queue"}, "https://sqs.us-east-1.amazonaws.com/123456789012/local-Queue", id="ref-queue"),
        pytest.param({"Fn::GetAtt": ["Fifo", "QueueName"]}, "local-Fifo.fifo", id="fifo-name"),
        pytest.param({"Ref": "Bucket"}, "local-bucket", id="ref-bucket"),
        pytest.param({"Ref": "Topic"}, "arn:aws:sns:us-east-1:123456789012:local-Topic", id="ref-topic"),
        pytest.param({"Fn::GetAtt": ["Table", "Arn"]}, TABLE_ARN, id="arn"),
        pytest.param({"Fn::GetAtt": "Queue.QueueName"}, "local-Queue", id="getatt-text"),
        pytest.param({"Fn::Sub": "${Stage}/${Table.Arn}/${!Kept}"}, f"dev/{TABLE_ARN}/${{Kept}}", id="sub"),
        pytest.param({"Fn::Sub": "${AWS::AccountId}"}, "123456789012", id="sub-pseudo"),
        pytest.param({"Fn::Sub": ["${a}-${Stage}", {"a": {"Ref": "Table"}}]}, "local-Table-dev", id="sub-variables"),
        pytest.param({"Fn::Join": ["-", ["a", {"Ref": "Stage"}, 1]]}, "a-dev-1", id="join"),
        pytest.param({"Fn::Join": [",", {"Ref": "Zones"}]}, "a,b", id="join-list"),
        pytest.param({"Fn::Select": ["1", {"Ref": "Zones"}]}, "b", id="select"),
        pytest.param({"Fn::Split": ["/", "x/y"]}, ["x", "y"], id="split"),
        pytest.param({"Fn::If": ["Always", 1, 2]}, 1, id="if-true"),
        pytest.param({"Fn::If": ["Both", 1, 2]}, 2, id="if-false"),
        pytest.param({"Fn::If": ["Either", 1, 2]}, 1, id="or"),
        pytest.param({"a": {"Fn::If": ["Never", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}, id="no-value"),
        pytest.param([1, {"Ref": "AWS::NoValue"}], [1], id="no-value-in-list"),
        pytest.param({"Fn::FindInMap": ["Sizes", "small", "memory"]}, 128, id="find-in-map"),
        pytest.param({"Fn::Base64": "hi"}, "aGk=", id="base64"),
        pytest.param({"Fn::GetAZs": ""}, ["us-east-1a", "us-east-1b", "us-east-1c"], id="azs"),
        pytest.param({"Fn::Cidr": ["10.0.0.0/16", 2, "8"]}, ["10.0.0.0/24", "10.0.1.0/24"], id="cidr"),
        pytest.param({"Fn::Length": {"Ref": "Zones"}}, 2, id="length"),
        pytest.param({"Fn::ToJsonString": {"a": {"Ref": "Stage"}}}, '{"a":"dev"}', id="to-json"),
        pytest.param({"Fn::FindInMap": ["Sizes", "huge", "memory", {"DefaultValue": 1}]}, 1, id="map-default"),
        pytest.param({"Condition": {"StringEquals": {}}}, {"Condition": {"StringEquals": {}}}, id="condition-key"),
    ],
)  # fmt: skip
def test_resolve_gives_plain_values(resolver: Resolver, value: Any, expected: Any) -> None:
    """Each function, as CloudFormation computes it."""
    assert resolver.resolve(value) == expected


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param({"Ref": "Nothing"}, "no resource or parameter Nothing", id="unknown-ref"),
        pytest.param({"Fn::GetAtt": ["Table", "Colour"]}, "Colour of Table", id="unknown-attribute"),
        pytest.param({"Fn::ImportValue": "x"}, "Fn::ImportValue reads another stack", id="import"),
        pytest.param({"Fn::Transform": {}}, "Fn::Transform is a macro", id="transform"),
        pytest.param({"Fn::If": ["Missing", 1, 2]}, "no condition Missing", id="unknown-condition"),
        pytest.param({"Fn::If": ["Always", 1]}, "Fn::If is used wrongly", id="if-of-two"),
        pytest.param({"Fn::Join": "x"}, "Fn::Join takes a list of 2", id="join-of-text"),
        pytest.param({"Fn::Select": [9, ["a"]]}, "Fn::Select is used wrongly", id="select-beyond"),
        pytest.param({"Fn::FindInMap": ["Sizes", "huge", "memory"]}, "no Sizes.huge.memory", id="map"),
        pytest.param({"Fn::Cidr": ["10.0.0.0/30", 5, 1]}, "has no 5 blocks", id="cidr-beyond"),
        pytest.param({"Fn::Length": "text"}, "a list is wanted", id="length-of-text"),
        pytest.param({"Ref": "Self"}, "refers to itself", id="circular-name"),
        pytest.param({"Fn::If": ["Circular", 1, 2]}, "refers to itself", id="circular-condition"),
    ],
)
def test_resolve_says_what_is_wrong(resolver: Resolver, value: Any, said: str) -> None:
    """Never a made-up value, never a stack."""
    with pytest.raises(TemplateError, match=said):
        resolver.resolve(value)


def test_api_endpoint_has_the_scheme_of_its_protocol(resolver: Resolver) -> None:
    """A WebSocket API's endpoint is wss, and its id looks like one and stays the same."""
    api_id = resolver.resolve({"Ref": "Socket"})
    endpoint = resolver.resolve({"Fn::GetAtt": ["Socket", "ApiEndpoint"]})

    assert len(api_id) == 10
    assert api_id.isalnum()
    assert endpoint == f"wss://{api_id}.execute-api.us-east-1.amazonaws.com"
    assert Resolver(TEMPLATE, {"Stage": "x"}).resolve({"Ref": "Socket"}) == api_id
