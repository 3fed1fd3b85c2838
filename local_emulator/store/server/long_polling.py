"""SQS long polling for a server that answers one request at a time.

moto waits for messages inside the request, and so would hold up everybody. Here a ReceiveMessage never waits in
moto: it is asked without a wait, and asked again when the queue has changed or its next message is due.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from moto.core import DEFAULT_ACCOUNT_ID

from local_emulator.http1 import Request, Response
from local_emulator.store.server.backend import scope

_MAX_WAIT_SECONDS = 20
_HAS_MESSAGES = re.compile(rb'"Messages"|<Message>')


class LongPolling:
    """Wraps the answering of SQS requests."""

    def __init__(self, answer: Callable[[Request], Response]) -> None:
        self._answer = answer
        self._changed: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def __call__(self, request: Request) -> Response:
        """Answers any request to SQS; only a ReceiveMessage may take its time."""
        operation, arguments = _parse(request)
        queue_name = str(arguments.get("QueueUrl") or request.path).rpartition("/")[2]
        if operation != "ReceiveMessage":
            response = self._answer(request)
            self.wake(queue_name)
            return response
        return await self._receive(request, arguments, queue_name)

    async def _receive(self, request: Request, arguments: dict[str, Any], queue_name: str) -> Response:
        queue = _queue(scope(request)[0], queue_name)
        wait: Any = arguments.get("WaitTimeSeconds")
        if wait is None and queue is not None:
            wait = queue.receive_message_wait_time_seconds
        if queue is None or not str(wait).isdigit() or int(wait) > _MAX_WAIT_SECONDS:
            return self._answer(request)
        unhurried = _without_wait(request, arguments)
        deadline = time.monotonic() + int(wait)
        while True:
            changed = self._changed[queue_name]
            response = self._answer(unhurried)
            if queue.dead_letter_queue is not None:
                self.wake(queue.dead_letter_queue.name)
            left = deadline - time.monotonic()
            if left <= 0 or response.status != 200 or _HAS_MESSAGES.search(response.body):
                return response
            await _until(changed, min(left, _seconds_to_next(queue)))

    def wake(self, queue_name: str) -> None:
        """A queue has changed: whoever waits for its messages looks again."""
        waited_for = self._changed.pop(queue_name, None)
        if waited_for is not None:
            waited_for.set()


async def _until(changed: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        pass


def _seconds_to_next(queue: Any) -> float:
    """When the next message that is delayed or in flight can be received again."""
    now = time.time() * 1000
    due = (max(message.visible_at, message.delayed_until) for message in queue._messages)
    # A millisecond more: moto compares strictly.
    return max(0.0, (min(due, default=float("inf")) - now + 1) / 1000)


def _queue(region: str, name: str) -> Any:
    from moto.sqs.models import sqs_backends

    return sqs_backends[DEFAULT_ACCOUNT_ID][region].queues.get(name)


def _parse(request: Request) -> tuple[str, dict[str, Any]]:
    """The operation and its arguments, in SQS's JSON protocol or its older form-encoded one."""
    target = request.header("x-amz-target")
    if target:
        try:
            arguments = json.loads(request.body or b"{}")
        except ValueError:
            arguments = {}
        return target.rpartition(".")[2], arguments if isinstance(arguments, dict) else {}
    form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    return form.get("Action", ""), form


def _without_wait(request: Request, arguments: dict[str, Any]) -> Request:
    if request.header("x-amz-target"):
        return replace(request, body=json.dumps({**arguments, "WaitTimeSeconds": 0}).encode())
    return replace(request, body=urlencode({**arguments, "WaitTimeSeconds": "0"}).encode())
