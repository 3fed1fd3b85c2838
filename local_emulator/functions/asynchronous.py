"""Lambda's asynchronous invocation: an event is taken at once, tried again when it fails, and then handed on.

Everything for which no caller waits comes this way: `Event` invocations, S3, SNS, EventBridge and schedules
(docs.aws.amazon.com/lambda/latest/dg/invocation-async.html).
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_emulator.functions.destinations import Destinations, UnreachableError
from local_emulator.functions.pool import Pool
from local_emulator.invocation import Outcome, TooManyRequestsError
from local_emulator.model import Function

logger = logging.getLogger(__name__)

_RETRY_SECONDS = (1.0, 2.0)
"""AWS waits one minute and then two; nobody at a laptop does."""
_THROTTLED_SECONDS = 0.2
_ERROR_MESSAGE_CHARACTERS = 1024


@dataclass(frozen=True, kw_only=True)
class _End:
    """How an event ended; `outcome` None where it grew too old before it was run."""

    request_id: str
    attempts: int
    outcome: Outcome | None

    @property
    def condition(self) -> str:
        if self.outcome is None:
            return "EventAgeExceeded"
        return "Success" if self.outcome.error is None else "RetriesExhausted"


class AsynchronousInvoker:
    """Takes events for functions; what is under way when it is stopped is given up."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._destinations: Destinations | None = None
        self._events: set[asyncio.Task[None]] = set()

    def open(self, variables: Mapping[str, str]) -> None:
        """Gives the variables that lead to the queues and topics that events end in."""
        self._destinations = Destinations(variables, self)

    def submit(self, function: Function, payload: bytes) -> str:
        """Takes an event, as JSON, and gives the id of its request."""
        request_id = str(uuid.uuid4())
        task = asyncio.create_task(self._deliver(function, payload, request_id))
        self._events.add(task)
        task.add_done_callback(self._events.discard)
        return request_id

    def submit_to(self, arn: str, event: Any) -> None:
        """Takes an event for the function that an ARN means; for a function that is not here it says so."""
        function = self._pool.function(arn)
        if function is None:
            logger.warning("%s is no function of this template: its event is dropped", arn)
        else:
            self.submit(function, json.dumps(event).encode())

    async def stop(self) -> None:
        """Gives up events that wait for another try."""
        for event in self._events:
            event.cancel()
        await asyncio.gather(*self._events, return_exceptions=True)

    async def _deliver(self, function: Function, payload: bytes, request_id: str) -> None:
        settings = function.asynchronous
        too_old = time.monotonic() + settings.maximum_age_seconds
        attempts = 0
        outcome: Outcome | None = None
        while time.monotonic() < too_old:
            try:
                outcome = await self._pool.invoke_raw(function.logical_id, payload, request_id=request_id)
            except TooManyRequestsError:
                await asyncio.sleep(_THROTTLED_SECONDS)
                continue
            except KeyError:
                logger.warning("%s is gone; its event %s is dropped", function.logical_id, request_id)
                return
            attempts += 1
            if outcome.error is None or attempts > settings.maximum_retries:
                break
            await asyncio.sleep(_RETRY_SECONDS[min(attempts, len(_RETRY_SECONDS)) - 1])
        await self._end(function, payload, _End(request_id=request_id, attempts=attempts, outcome=outcome))

    async def _end(self, function: Function, payload: bytes, end: _End) -> None:
        settings = function.asynchronous
        succeeded = end.condition == "Success"
        destination = settings.on_success if succeeded else settings.on_failure
        if not succeeded and not (destination or settings.dead_letter):
            logger.warning(
                "%s failed %d times; its event %s is dropped",
                function.logical_id,
                end.attempts,
                end.request_id,
            )
        assert self._destinations is not None
        try:
            if destination:
                record = _record(function, payload, end)
                kind = "Success" if succeeded else "Failure"
                await self._destinations.send(
                    destination, record, detail_type=f"Lambda Function Invocation Result - {kind}"
                )
            if settings.dead_letter and not succeeded:
                await self._destinations.send_text(
                    settings.dead_letter, payload.decode(), attributes=_dead_letter_attributes(end)
                )
        except UnreachableError as error:
            logger.warning("%s: its event %s is lost: %s", function.logical_id, end.request_id, error)


def _record(function: Function, payload: bytes, end: _End) -> dict[str, Any]:
    """An invocation record (docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html)."""
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": end.request_id,
            "functionArn": f"{function.arn}:$LATEST",
            "condition": end.condition,
            "approximateInvokeCount": end.attempts,
        },
        "requestPayload": json.loads(payload),
    }
    if end.outcome is not None:
        record["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST"}
        if end.outcome.error is not None:
            record["responseContext"]["functionError"] = "Unhandled"
        record["responsePayload"] = _answer(end.outcome)
    return record


def _dead_letter_attributes(end: _End) -> dict[str, Any]:
    """What Lambda adds to a message in a dead-letter queue; the error's text is cut at 1 KB."""
    message = "Event age exceeded"
    if end.outcome is not None:
        answer = _answer(end.outcome)
        message = str((isinstance(answer, dict) and answer.get("errorMessage")) or end.outcome.error)
    texts = {"RequestID": end.request_id, "ErrorMessage": message[:_ERROR_MESSAGE_CHARACTERS]}
    return {
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        **{name: {"DataType": "String", "StringValue": text or "-"} for name, text in texts.items()},
    }


def _answer(outcome: Outcome) -> Any:
    """A custom answer need not be JSON."""
    try:
        return outcome.value()
    except ValueError:
        return outcome.payload.decode("utf-8", "replace")
