"""Topics: a message for a subscribed function is news."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any


def watch(emit: Callable[[dict[str, Any]], None]) -> None:
    """Hooks SNS."""
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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
