"""Every route of every WebSocket API: records its event, obeys its control words, and echoes the message.

The control words are JSON: in the header `X-Do` of the upgrade, under `do` in a message.
"""

from __future__ import annotations

from typing import Any

import controls
import records


def handler(event: Any, context: Any) -> Any:
    """Any event of a connection."""
    connection_id = event["requestContext"]["connectionId"]
    records.record(connection_id, event)
    match event["requestContext"]["eventType"]:
        case "CONNECT":
            return _connect(event)
        case "MESSAGE":
            control = controls.parsed(event["body"]).get("do", {})
            if "post" in control:
                controls.post_to_itself(event, control["post"])
            return controls.obey(control, {"statusCode": 200, "body": event["body"]})
        case _:
            if event["requestContext"]["stage"] == "static":
                raise RuntimeError("nobody hears it")
            return {"statusCode": 200}


def _connect(event: Any) -> Any:
    headers = {name.lower(): value for name, value in event["headers"].items()}
    if "x-case" in headers:
        records.record(headers["x-case"], event)
    control = controls.parsed(headers.get("x-do"))
    if "post" in control:
        status = controls.post_to_itself(event, control["post"])
        records.record(f"{headers['x-case']}/post", {"status": status})
    answer = controls.obey(control, {"statusCode": 200})
    if "x-case" in headers:
        records.record(f"{headers['x-case']}/done", answer)
    return answer
