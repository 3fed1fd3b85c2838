"""Topics: subscribed functions and queues, filters, and what they get."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from tests.templates.events.conftest import Running

TEMPLATE = "sns.yaml"


async def publish(running: Running, message: str, topic: str = "Topic", **attributes: str) -> str:
    answer = await running.call(
        "sns",
        "publish",
        TopicArn=running.emulator.application.outputs[topic],
        Message=message,
        Subject="about",
        MessageAttributes={
            name: {"DataType": "Number" if value.isdigit() else "String", "StringValue": value}
            for name, value in attributes.items()
        },
    )
    return str(answer["MessageId"])


async def test_subscribed_function_gets_the_message(running: Running) -> None:
    """One record a message, in the shape of the Lambda guide."""
    message_id = await publish(running, "hello", kind="greeting")
    ((record,),) = await running.until(lambda: [event["Records"] for event in running.events("All")])

    assert record["EventSource"] == "aws:sns"
    assert record["EventVersion"] == "1.0"
    assert record["EventSubscriptionArn"].startswith("arn:aws:sns:us-east-1:123456789012:local-Topic:")
    sns = record["Sns"]
    assert (sns["Type"], sns["MessageId"], sns["Subject"], sns["Message"]) == (
        "Notification",
        message_id,
        "about",
        "hello",
    )
    assert sns["TopicArn"] == "arn:aws:sns:us-east-1:123456789012:local-Topic"
    assert sns["MessageAttributes"] == {"kind": {"Type": "String", "Value": "greeting"}}
    assert {"Timestamp", "Signature", "SigningCertUrl", "UnsubscribeUrl", "SignatureVersion"} <= set(sns)


async def test_filter_policy_lets_through_what_it_names(running: Running) -> None:
    """By attributes, all of which must fit, or by the message's own members."""
    await publish(running, "no", kind="urgent", size="2")
    await publish(running, '{"order": {"state": "open"}}', size="9")
    await publish(running, "yes", kind="urgent", size="3")
    await publish(running, '{"order": {"state": "paid"}}')
    await running.until(lambda: len(running.records("All")) == 4)
    await running.until(lambda: running.records("Urgent") and running.records("ByBody"))

    assert [record["Sns"]["Message"] for record in running.records("Urgent")] == ["yes"]
    assert [record["Sns"]["Message"] for record in running.records("ByBody")] == [
        '{"order": {"state": "paid"}}'
    ]


async def test_subscribed_queues_get_the_message(running: Running) -> None:
    """A queue gets SNS's envelope, or with raw delivery the message alone; whoever polls is woken at once."""
    await publish(running, "hello")

    envelope = json.loads((await running.messages("Wrapped"))[0])
    assert (envelope["Type"], envelope["Message"], envelope["Subject"]) == ("Notification", "hello", "about")
    assert ["hello"] == await running.messages("Raw")


async def test_function_behind_a_queue_gets_the_envelope(running: Running) -> None:
    """SAM's SqsSubscription puts a queue between topic and function."""
    await publish(running, "hello")
    (record,) = await running.until(lambda: running.records("ThroughQueue"))

    assert record["eventSource"] == "aws:sqs"
    assert json.loads(record["body"])["Message"] == "hello"


async def test_topic_may_name_its_subscriptions_itself(running: Running) -> None:
    """The `Subscription` of a topic is as good as a resource of its own."""
    await publish(running, "hello", topic="Direct")
    (record,) = await running.until(lambda: running.records("Subscribed"))

    assert record["Sns"]["Message"] == "hello"


async def test_what_is_not_delivered_is_said(running: Running) -> None:
    """Nobody is sent an e-mail, and a warning names the subscription."""
    assert ["ToSomebody: subscriptions by email are not delivered here (line 53)"] == [
        warning for warning in running.emulator.application.warnings if "Python" not in warning
    ]


async def test_topics_elsewhere_are_left_alone(
    running: Running, certificates: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With an SNS of the person's own nothing is subscribed there, since it could not reach the functions."""
    topic = running.emulator.application.outputs["Topic"]
    before = await running.call("sns", "list_subscriptions_by_topic", TopicArn=topic)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", running.emulator.store_url)
    monkeypatch.setattr(logging.getLogger("local_emulator"), "propagate", True)
    async with Running(TEMPLATE, certificates).emulator:
        after = await running.call("sns", "list_subscriptions_by_topic", TopicArn=topic)

    assert before["Subscriptions"] == after["Subscriptions"]
    assert any("ToRaw leads to nothing here, since AWS_ENDPOINT_URL_SNS" in text for text in caplog.messages)
