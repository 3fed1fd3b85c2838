"""A look into the store's queues that changes nothing: on SQS there is none, since to see a message is to receive it.

`GET /_queues/{name}` gives the first messages of a queue, whatever state they are in.
"""

from __future__ import annotations

import json
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID

from local_emulator.http1 import Request, Response
from local_emulator.model import REGION
from local_emulator.store.paths import QUEUES

_MOST = 50


def peek(request: Request) -> Response:
    """The messages of one queue: `id`, `body`, `state`, `sent_at`, `receive_count`, `attributes`."""
    from moto.sqs.models import sqs_backends

    name = request.decoded_path.removeprefix(QUEUES)
    queue = sqs_backends[DEFAULT_ACCOUNT_ID][REGION].queues.get(name)
    if queue is None:
        return Response.json({"message": f"there is no queue {name}"}, 404)
    messages = [_described(message) for message in queue._messages[:_MOST]]
    return Response(
        200,
        json.dumps({"messages": messages, "count": len(queue._messages)}, default=str).encode(),
        (("content-type", "application/json"),),
    )


def _described(message: Any) -> dict[str, Any]:
    state = "delayed" if message.delayed else "visible" if message.visible else "in flight"
    return {
        "id": message.id,
        "body": message.body,
        "state": state,
        "sent_at": (message.sent_timestamp or 0) / 1000,
        "receive_count": message.approximate_receive_count,
        "group": message.group_id,
        "attributes": message.message_attributes,
    }
