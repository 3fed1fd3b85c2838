"""Handlers with no subject of their own, for the emulator's tests."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from typing import Any

import boto3

invocations = 0


def echo(event: Any, context: Any) -> Any:
    """Answers with the event and what the context says."""
    global invocations
    invocations += 1
    return {
        "event": event,
        "invocations": invocations,
        "pid": os.getpid(),
        "remaining": context.get_remaining_time_in_millis(),
        "request_id": context.aws_request_id,
        "arn": context.invoked_function_arn,
    }


def misbehave(event: Any, context: Any) -> Any:
    """Does what the event says."""
    if "print" in event:
        print(event["print"])  # noqa: T201
    if "sleep" in event:
        time.sleep(event["sleep"])
    if "exit" in event:
        os._exit(event["exit"])
    if "child" in event:
        return {"child": subprocess.Popen(["/bin/sh", "-c", "trap '' TERM; sleep 60 & wait; wait"]).pid}
    if "raise" in event:
        raise ValueError(event["raise"])
    if "size" in event:
        return "x" * event["size"]
    return {"pid": os.getpid()}


def surroundings(event: Any, context: Any) -> Any:
    """What the process sees."""
    return {"variables": dict(os.environ), "path": sys.path, "cwd": os.getcwd()}  # noqa: PTH109


def http(event: Any, context: Any) -> Any:
    """An HTTP route that counts in the table."""
    table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
    key = {"pk": "counter"}
    answer = table.update_item(
        Key=key,
        UpdateExpression="ADD hits :one",
        ExpressionAttributeValues={":one": 1},
        ReturnValues="UPDATED_NEW",
    )
    return {"hits": int(str(answer["Attributes"]["hits"])), "path": event["rawPath"]}


def call_other(event: Any, context: Any) -> Any:
    """Invokes another function by the SDK."""
    answer = boto3.client("lambda").invoke(
        FunctionName=os.environ["OTHER"],
        InvocationType=event.get("type", "RequestResponse"),
        Payload=json.dumps(event.get("payload", {})),
    )
    return {
        "status": answer["StatusCode"],
        "error": answer.get("FunctionError"),
        "payload": answer["Payload"].read().decode(),
    }


def record_batch(event: Any, context: Any) -> Any:
    """Notes each message in the table; those whose body is `fail` are reported as failed."""
    table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
    failed = []
    for record in event["Records"]:
        table.update_item(
            Key={"pk": f"message#{record['body']}"},
            UpdateExpression="ADD seen :one SET #record = :record, #size = :size",
            ExpressionAttributeNames={"#record": "record", "#size": "size"},
            ExpressionAttributeValues={
                ":one": 1,
                ":record": json.dumps(record),
                ":size": len(event["Records"]),
            },
        )
        if record["body"] == "fail":
            failed.append({"itemIdentifier": record["messageId"]})
        if record["body"] == "crash":
            os._exit(1)
    return {"batchItemFailures": failed}


def websocket(event: Any, context: Any) -> Any:
    """Any WebSocket route: answers with the route and the body."""
    route = event["requestContext"]["routeKey"]
    return {"statusCode": 200, "body": json.dumps({"route": route, "body": event.get("body")})}


def file_descriptors(event: Any, context: Any) -> Any:
    """How many it may have."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
