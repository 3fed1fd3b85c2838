"""The calculator's functions; `divide` knows nothing of API Gateway."""

from __future__ import annotations

import json
from typing import Any


def divide(event: dict[str, Any], context: object) -> dict[str, float]:
    operands = event["operands"]
    return {"quotient": operands["n0"] / operands["n1"]}


def echo(event: dict[str, Any], context: object) -> dict[str, Any]:
    return {"statusCode": 200, "body": json.loads(event["body"])["text"]}


def echo_loudly(event: dict[str, Any], context: object) -> dict[str, Any]:
    return {"statusCode": 200, "body": json.loads(event["body"])["text"].upper()}
