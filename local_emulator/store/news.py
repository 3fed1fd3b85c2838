"""What happens in the store that others must hear of.

moto delivers from service to service by itself, but it runs no functions, and nobody outside is told. Here its own
deliveries to functions become news, each a JSON object:

- `{"invoke": function's ARN, "event": …}`: S3, SNS or EventBridge has an event for a function.
- `{"stream": table's name}`: a table's stream has a new record.

The hooks are made when a service is first asked for something, so that moto need not load the others.
"""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from local_emulator.sources.target_input import target_input

Emit = Callable[[dict[str, Any]], None]

_sequence = itertools.count(time.time_ns() >> 8)


class News:
    """Hooks moto's services; `emit` takes the news, `wake` the name of a queue that has got a message."""

    def __init__(self, emit: Emit, wake: Callable[[str], None]) -> None:
        self._hooks: dict[str, Callable[[], None]] = {
            "dynamodb": lambda: _watch_streams(emit),
            "events": lambda: _watch_rules(emit),
            "s3": lambda: _watch_buckets(emit),
            "sns": lambda: _watch_topics(emit),
        }
        _watch_queues(wake)

    def watch(self, service: str) -> None:
        """Called before each request to a service; only the first call does something."""
        hook = self._hooks.pop(service, None)
        if hook is not None:
            hook()


def _watch_queues(wake: Callable[[str], None]) -> None:
    from moto.sqs.models import Queue

    original = Queue.add_message

    @wraps(original)
    def add_message(self: Any, message: Any) -> None:
        original(self, message)
        wake(self.name)

    Queue.add_message = add_message


def _watch_streams(emit: Emit) -> None:
    from moto.dynamodb.models.table import StreamShard

    original = StreamShard.add

    @wraps(original)
    def add(self: Any, old: Any, new: Any) -> None:
        # "If an application writes an item without changing it, no stream record is written."
        # docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
        if old is not None and new is not None and old.to_json() == new.to_json():
            return
        original(self, old, new)
        emit({"stream": self.table.name})

    StreamShard.add = add


def _watch_topics(emit: Emit) -> None:
    from moto.sns.models import Subscription

    original = Subscription.publish

    @wraps(original)
    def publish(
        self: Any,
        message: str,
        message_id: str,
        subject: str | None = None,
        message_attributes: dict[str, Any] | None = None,
        message_structure: str | None = None,
        **others: Any,
    ) -> None:
        if self.protocol != "lambda":
            original(
                self,
                message,
                message_id,
                subject=subject,
                message_attributes=message_attributes,
                message_structure=message_structure,
                **others,
            )
            return
        matcher = self._filter_policy_matcher
        if matcher is not None and not matcher.matches(message_attributes, message):
            return
        if message_structure == "json":
            message = self._parse_message_structure(message, "lambda")
        emit(
            {
                "invoke": self.endpoint,
                "event": _sns_event(self, message, message_id, subject, message_attributes),
            }
        )

    Subscription.publish = publish


def _sns_event(
    subscription: Any, message: str, message_id: str, subject: str | None, attributes: dict[str, Any] | None
) -> dict[str, Any]:
    """docs.aws.amazon.com/lambda/latest/dg/with-sns.html. The signature is a text that fits no certificate."""
    topic = subscription.topic
    host = f"https://sns.{topic.sns_backend.region_name}.amazonaws.com"
    notification = {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": topic.arn,
        "Subject": subject,
        "Message": message,
        "Timestamp": _now(),
        "SignatureVersion": "1",
        "Signature": "bG9jYWw=",
        "SigningCertUrl": f"{host}/SimpleNotificationService-local.pem",
        "UnsubscribeUrl": f"{host}/?Action=Unsubscribe&SubscriptionArn={subscription.arn}",
        "MessageAttributes": attributes or {},
    }
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "Sns": notification,
    }
    return {"Records": [record]}


def _watch_buckets(emit: Emit) -> None:
    from moto.s3 import notifications

    original = notifications._get_s3_event

    @wraps(original)
    def get_event(event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:
        event: dict[str, Any] = original(event_name, bucket, key, notification_id)
        for record in event["Records"]:
            _complete_s3_record(record, bucket, key)
        return event

    def invoke(account_id: str, event_body: Any, fn_arn: str, region_name: str) -> None:
        emit({"invoke": fn_arn, "event": event_body})

    notifications._get_s3_event = get_event
    notifications._invoke_awslambda = invoke


def _complete_s3_record(record: dict[str, Any], bucket: Any, key: Any) -> None:
    """moto leaves out half of docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html."""
    record["userIdentity"] = {"principalId": "AWS:LOCALEMULATOR"}
    record["requestParameters"] = {"sourceIPAddress": "127.0.0.1"}
    record["responseElements"] = {
        "x-amz-request-id": uuid.uuid4().hex[:16].upper(),
        "x-amz-id-2": uuid.uuid4().hex,
    }
    record["s3"]["bucket"]["ownerIdentity"] = {"principalId": "LOCALEMULATOR"}
    found = record["s3"]["object"]
    if record["eventName"].startswith("ObjectRemoved:"):
        del found["size"], found["eTag"]
    if bucket.is_versioned:
        found["versionId"] = key.version_id
    # "compare the sequencer of two events of one key to know their order": hexadecimal, of one length.
    found["sequencer"] = f"{next(_sequence):018X}"


def _watch_rules(emit: Emit) -> None:
    from moto.events.models import Rule

    original = Rule.send_to_targets

    @wraps(original)
    def send_to_targets(self: Any, original_event: dict[str, Any], transform_input: bool = True) -> None:
        if self.state != "ENABLED" or not self.event_pattern.matches_event(original_event):
            return
        event = _event_of(original_event)
        everything = self.targets
        ours = [target for target in everything if target["Arn"].split(":")[2] in ("lambda", "sns", "sqs")]
        for target in ours:
            _send_to_target(target, target_input(target, event, self.arn), emit)
        self.targets = [target for target in everything if target not in ours]
        try:
            original(self, original_event, transform_input=False)
        finally:
            self.targets = everything

    Rule.send_to_targets = send_to_targets


def _event_of(event: dict[str, Any]) -> dict[str, Any]:
    """docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html; moto keeps the time as a number."""
    kept = {name: value for name, value in event.items() if name not in ("ingestion-time", "event-bus-name")}
    moment = datetime.fromtimestamp(float(event["time"]), UTC)
    return {**kept, "time": moment.isoformat(timespec="seconds").replace("+00:00", "Z")}


def _send_to_target(target: dict[str, Any], event: Any, emit: Emit) -> None:
    _, _, service, region, account, name = target["Arn"].split(":", 5)
    if service == "lambda":
        emit({"invoke": target["Arn"], "event": event})
    elif service == "sns":
        from moto.sns.models import sns_backends

        sns_backends[account][region].publish(arn=target["Arn"], message=_text(event))
    else:
        from moto.sqs.models import sqs_backends

        group = (target.get("SqsParameters") or {}).get("MessageGroupId")
        sqs_backends[account][region].send_message(name, _text(event), group_id=group)


def _text(event: Any) -> str:
    return event if isinstance(event, str) else json.dumps(event)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
