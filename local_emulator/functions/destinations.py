"""Sends something to whatever an ARN names: a queue, a topic, a function, an event bus."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from local_emulator.services import client


class UnreachableError(Exception):
    """It could not be sent; the message says where to, and why."""


class Functions(Protocol):
    """Takes events for functions."""

    def submit_to(self, arn: str, event: Any) -> None:
        """Takes an event for the function that an ARN means."""
        ...


class Destinations:
    """Reaches what `variables` lead to."""

    def __init__(self, variables: Mapping[str, str], functions: Functions) -> None:
        self._variables = variables
        self._functions = functions
        self._clients: dict[str, Any] = {}

    async def send(self, arn: str, record: Mapping[str, Any], *, detail_type: str) -> None:
        """Sends an object: as JSON to a queue or a topic, as the event of a function, as the detail of an event.

        Raises:
            UnreachableError: it did not arrive.
        """
        if ":lambda:" in arn:
            self._functions.submit_to(arn, record)
        elif ":events:" in arn:
            await self._call(arn, lambda: self._put_event(arn, record, detail_type))
        else:
            await self.send_text(arn, json.dumps(record))

    async def send_text(
        self, arn: str, text: str, *, attributes: Mapping[str, Any] | None = None, group: str | None = None
    ) -> None:
        """Sends text to a queue (`group` where it is FIFO) or a topic, with SQS's form of message attributes.

        Raises:
            UnreachableError: it did not arrive.
        """
        if ":sqs:" in arn:
            await self._call(arn, lambda: self._send_message(arn, text, attributes or {}, group))
        elif ":sns:" in arn:
            await self._call(
                arn,
                lambda: self._client("sns").publish(
                    TopicArn=arn, Message=text, MessageAttributes=attributes or {}
                ),
            )
        else:
            raise UnreachableError(
                f"{arn} is no queue, topic, function or event bus: nothing else is reached here"
            )

    async def _call(self, arn: str, work: Callable[[], Any]) -> None:
        try:
            await asyncio.to_thread(work)
        except (BotoCoreError, ClientError) as error:
            raise UnreachableError(f"{arn} cannot be reached: {error}") from error

    def _send_message(self, arn: str, text: str, attributes: Mapping[str, Any], group: str | None) -> None:
        sqs = self._client("sqs")
        url = sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
        ordered = {"MessageGroupId": group} if group else {}
        sqs.send_message(QueueUrl=url, MessageBody=text, MessageAttributes=attributes, **ordered)

    def _put_event(self, arn: str, record: Mapping[str, Any], detail_type: str) -> None:
        entry = {
            "Source": "lambda",
            "DetailType": detail_type,
            "Detail": json.dumps(record),
            "EventBusName": arn.rpartition("/")[2],
        }
        self._client("events").put_events(Entries=[entry])

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = client(service, self._variables)
        return self._clients[service]
