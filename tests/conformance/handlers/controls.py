"""Control words: what a test asks a function to do."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import boto3

import records

Control = dict[str, Any]


def parsed(text: str | None) -> Control:
    """The control words in a text, none where it holds none."""
    try:
        value = json.loads(text or "")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def obey(control: Control, otherwise: Any) -> Any:
    """Does what the words say and gives the answer.

    `await` waits for an item in the table, `sleep` for seconds; `raise` and `exit` fail; `print` writes to the log;
    `answer` is the answer, `size` an answer of so many characters; without those it is `otherwise`.
    """
    if "print" in control:
        print(control["print"])  # noqa: T201
    if "await" in control:
        records.wait_for(control["await"])
    if "sleep" in control:
        time.sleep(control["sleep"])
    if "raise" in control:
        raise RuntimeError(control["raise"])
    if "exit" in control:
        os._exit(control["exit"])
    if "size" in control:
        return "x" * control["size"]
    return control.get("answer", otherwise)


def post_to_itself(event: Any, text: str) -> int:
    """Posts to the connection of an event, as any handler does, and gives the status."""
    context = event["requestContext"]
    client = boto3.client(
        "apigatewaymanagementapi", endpoint_url=f"https://{context['domainName']}/{context['stage']}"
    )
    try:
        answer = client.post_to_connection(ConnectionId=context["connectionId"], Data=text.encode())
    except client.exceptions.GoneException as gone:
        return gone.response["ResponseMetadata"]["HTTPStatusCode"]
    return answer["ResponseMetadata"]["HTTPStatusCode"]
