"""The template's queues: how full they are, what is in them, and what can be done about it. Blocks: for a thread."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from local_emulator.console.errors import ConsoleError
from local_emulator.model import StoreResource
from local_emulator.services import client
from local_emulator.store.paths import QUEUES

_SECONDS = 10.0
_BATCH = 10
"""ReceiveMessage's and SendMessageBatch's limit."""
_MOST_MOVED = 10_000


class Queues:
    """What the console sees of SQS."""

    def __init__(self, variables: Mapping[str, str], store_url: str) -> None:
        """`variables` lead to the services, as those of the functions do."""
        self._sqs = client("sqs", variables)
        self._peeks = "AWS_ENDPOINT_URL_SQS" not in variables
        self._store = urlsplit(store_url).netloc

    def depths(self, queues: Iterable[StoreResource]) -> list[dict[str, Any]]:
        """Each queue's messages: `visible`, `in_flight`, `delayed`, and the queues whose dead letters it takes."""
        every = list(queues)
        return [self._depth(queue, every) for queue in every]

    def _depth(self, queue: StoreResource, every: list[StoreResource]) -> dict[str, Any]:
        found = self._sqs.get_queue_attributes(QueueUrl=self._url(queue), AttributeNames=["All"])[
            "Attributes"
        ]
        return {
            "id": queue.logical_id,
            "name": queue.name,
            "visible": int(found.get("ApproximateNumberOfMessages", 0)),
            "in_flight": int(found.get("ApproximateNumberOfMessagesNotVisible", 0)),
            "delayed": int(found.get("ApproximateNumberOfMessagesDelayed", 0)),
            "visibility_timeout": int(found.get("VisibilityTimeout", 0)),
            "dead_letters_of": [source.logical_id for source in _sources(queue, every)],
        }

    def messages(self, queue: StoreResource) -> dict[str, Any]:
        """The first messages as they lie there, without receiving them; see `store/server/peeking.py`.

        Raises:
            ConsoleError: the queue is not the emulator's own.
        """
        if not self._peeks:
            raise ConsoleError(
                409,
                "The queues are those of AWS_ENDPOINT_URL_SQS: there, to look at a message is to receive it, "
                "and the console does not do that behind your functions' back",
            )
        connection = http.client.HTTPConnection(self._store, timeout=_SECONDS)
        try:
            connection.request("GET", QUEUES + quote(queue.name))
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ConsoleError(response.status, str(answer["message"]))
        return answer

    def purge(self, queue: StoreResource) -> None:
        """Deletes every message."""
        self._sqs.purge_queue(QueueUrl=self._url(queue))

    def redrive(self, queue: StoreResource, every: Iterable[StoreResource]) -> int:
        """Sends dead letters back to the queue that they came from; how many there were.

        Raises:
            ConsoleError: no queue, or more than one, has this one for its dead letters.
        """
        sources = _sources(queue, every)
        if len(sources) != 1:
            raise ConsoleError(
                409,
                f"{queue.logical_id} is the dead-letter queue of {len(sources)} queues: "
                "only that of exactly one can be sent back",
            )
        return self._move(self._url(queue), self._url(sources[0]))

    def _move(self, here: str, there: str) -> int:
        moved = 0
        while moved < _MOST_MOVED:
            messages = self._sqs.receive_message(
                QueueUrl=here,
                MaxNumberOfMessages=_BATCH,
                MessageAttributeNames=["All"],
                AttributeNames=["All"],
                WaitTimeSeconds=0,
            ).get("Messages", [])
            if not messages:
                break
            for message in messages:
                self._sqs.send_message(QueueUrl=there, **_again(message))
                self._sqs.delete_message(QueueUrl=here, ReceiptHandle=message["ReceiptHandle"])
                moved += 1
        return moved

    def _url(self, queue: StoreResource) -> str:
        return str(self._sqs.get_queue_url(QueueName=queue.name)["QueueUrl"])


def _sources(queue: StoreResource, every: Iterable[StoreResource]) -> list[StoreResource]:
    return [source for source in every if _dead_letter_name(source) == queue.name]


def _dead_letter_name(queue: StoreResource) -> str:
    policy = queue.properties.get("RedrivePolicy")
    if not isinstance(policy, Mapping):
        return ""
    return str(policy.get("deadLetterTargetArn", "")).rpartition(":")[2]


def _again(message: Mapping[str, Any]) -> dict[str, Any]:
    arguments: dict[str, Any] = {"MessageBody": message["Body"]}
    if message.get("MessageAttributes"):
        arguments["MessageAttributes"] = message["MessageAttributes"]
    attributes = message.get("Attributes", {})
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        if name in attributes:
            arguments[name] = attributes[name]
    return arguments
