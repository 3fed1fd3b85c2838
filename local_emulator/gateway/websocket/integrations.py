"""A WebSocket route's integration that is no Lambda proxy, in terms of what a proxy's function would have answered."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from local_emulator.gateway.integrations import Answer, Call
from local_emulator.gateway.selection import select, select_response
from local_emulator.invocation import Outcome
from local_emulator.mapping_templates import Source
from local_emulator.model import Integration, IntegrationResponse

_DEFAULT = "$default"


def call_of(integration: Integration, event: dict[str, Any]) -> Call:
    """A route's event as an integration's request (case B13)."""
    body = str(event.get("body", ""))

    def response_keys(response: IntegrationResponse, answer: Answer) -> Sequence[str]:
        key = select_response(response.template_selection, body, answer.status, answer.header)
        return (key, _DEFAULT)

    return Call(
        source=Source(
            body=body,
            parameters={
                "header": event.get("headers", {}),
                "querystring": event.get("queryStringParameters", {}),
            },
            context=event["requestContext"],
            stage_variables=event.get("stageVariables", {}),
        ),
        template_keys=(select(integration.template_selection, body), _DEFAULT),
        response_keys=response_keys,
        body=body.encode(),
        headers=(("content-type", "application/json"),) if body else (),
    )


def outcome_of(answer: Answer) -> Outcome:
    """An integration's answer as a function's, so that $connect and route responses treat both alike."""
    value = {"statusCode": answer.status, "body": answer.body.decode(errors="replace")}
    return Outcome(request_id=str(uuid.uuid4()), payload=json.dumps(value).encode())
