"""A route that posts back to the connection that it was called from, as handlers with news do."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import boto3

_client = boto3.client("apigatewaymanagementapi", endpoint_url=os.environ["CALLBACK_URL"])


def push(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Posts the time of the call (`at`, nanoseconds of the machine's monotonic clock) and the connection's id."""
    connection_id = event["requestContext"]["connectionId"]
    news = {"connectionId": connection_id, "at": time.monotonic_ns()}
    _client.post_to_connection(ConnectionId=connection_id, Data=json.dumps(news))
    return {"statusCode": 200}
