"""The handlers of the auctions: who may come in, who watches, and what is bid."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3

Event = dict[str, Any]
PEOPLE = {"t-ann": "ann", "t-ben": "ben"}


def table() -> Any:
    return boto3.resource("dynamodb").Table(os.environ["TABLE"])


def authorize(event: Event, context: object) -> Event:
    """For both APIs: the token stands in a header of one and in the query of the other."""
    token = event.get("authorizationToken") or event["queryStringParameters"]["token"]
    person = PEOPLE.get(token.removeprefix("Bearer "))
    if person is None:
        raise Exception("Unauthorized")  # noqa: TRY002 API Gateway looks at the message alone
    effect = "Deny" if person == "ben" and "/POST/" in event["methodArn"] else "Allow"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": person, "policyDocument": policy, "context": {"person": person}}


def connect(event: Event, context: object) -> Event:
    return {"statusCode": 200}


def disconnect(event: Event, context: object) -> Event:
    return {"statusCode": 200}


def watch(event: Event, context: object) -> Event:
    """Remembers who watches which auction, and tells them so."""
    auction = json.loads(event["body"])["auction"]
    about = event["requestContext"]
    table().put_item(Item={"auction": auction, "item": f"watcher#{about['connectionId']}"})
    said = {
        "watching": auction,
        "person": about["authorizer"]["person"],
        "currency": event["stageVariables"]["currency"],
    }
    return {"statusCode": 200, "body": json.dumps(said)}


def bid(event: Event, context: object) -> Event:
    """Keeps a bid and pushes it to everyone who watches; who has left is forgotten."""
    auction = event["pathParameters"]["auction"]
    made = {
        "auction": auction,
        "amount": json.loads(event["body"])["amount"],
        "by": event["requestContext"]["authorizer"]["person"],
        "currency": event["stageVariables"]["currency"],
    }
    table().put_item(Item={**made, "item": "bid"})
    client = boto3.client("apigatewaymanagementapi", endpoint_url=os.environ["PUSH_URL"])
    for watcher in items(auction):
        if watcher["item"].startswith("watcher#"):
            connection = watcher["item"].removeprefix("watcher#")
            try:
                client.post_to_connection(ConnectionId=connection, Data=json.dumps(made).encode())
            except client.exceptions.GoneException:
                table().delete_item(Key={"auction": auction, "item": watcher["item"]})
    return {"statusCode": 201, "body": json.dumps(made)}


def read(event: Event, context: object) -> Event:
    auction = event["pathParameters"]["auction"]
    found = items(auction)
    bids = [int(item["amount"]) for item in found if item["item"] == "bid"]
    watchers = sum(item["item"].startswith("watcher#") for item in found)
    return {"statusCode": 200, "body": json.dumps({"auction": auction, "bids": bids, "watchers": watchers})}


def items(auction: str) -> list[dict[str, Any]]:
    key = "auction = :auction"
    found: list[dict[str, Any]] = table().query(
        KeyConditionExpression=key, ExpressionAttributeValues={":auction": auction}, ConsistentRead=True
    )["Items"]
    return found
