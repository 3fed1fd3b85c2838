"""Ties together what the store holds: notifications of buckets, subscriptions to topics, rules of event buses."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from local_emulator.model import StoreResource
from local_emulator.services import client
from local_emulator.store.provision import ProvisionError

logger = logging.getLogger(__name__)

_SUBSCRIPTION_ATTRIBUTES = ("FilterPolicyScope", "FilterPolicy", "RedrivePolicy", "DeliveryPolicy")
_NOTIFICATIONS = (
    # In the template; in the API; whom it names, in either.
    ("LambdaConfigurations", "LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
    ("QueueConfigurations", "QueueConfigurations", "Queue", "QueueArn"),
    ("TopicConfigurations", "TopicConfigurations", "Topic", "TopicArn"),
)


def subscribe(
    stores: Iterable[StoreResource], subscriptions: Iterable[StoreResource], variables: Mapping[str, str]
) -> None:
    """Makes what the resources of the store say themselves, and then the subscriptions, which name two of them.

    Where a service is not the store's own but one that the person has named, nothing is made: it could not reach the
    functions, and may be real.

    Raises:
        ProvisionError: a service refuses one.
    """
    clients: dict[str, Any] = {}

    def service(name: str) -> Any:
        if name not in clients:
            clients[name] = client(name, variables)
        return clients[name]

    makers: dict[str, Callable[[Callable[[str], Any], StoreResource], None]] = {
        "AWS::S3::Bucket": _notify,
        "AWS::SNS::Topic": _subscribe_within_topic,
        "AWS::Events::EventBus": _create_bus,
        "AWS::SNS::Subscription": _subscribe,
        "AWS::Events::Rule": _create_rule,
    }
    resources = [*stores, *subscriptions]
    for kind, make in makers.items():
        elsewhere = f"AWS_ENDPOINT_URL_{kind.split('::')[1].upper()}"
        for resource in resources:
            if resource.type != kind or not _leads_somewhere(resource):
                continue
            if elsewhere in variables:
                logger.warning(
                    "%s leads to nothing here, since %s is set: what happens there is not seen",
                    resource.logical_id,
                    elsewhere,
                )
            else:
                try:
                    make(service, resource)
                except ClientError as error:
                    said = error.response["Error"]
                    raise ProvisionError(
                        f"{resource.logical_id} cannot be set up: {said['Code']}: {said.get('Message', '')}"
                    ) from error


def _leads_somewhere(resource: StoreResource) -> bool:
    match resource.type:
        case "AWS::S3::Bucket":
            return bool(resource.properties.get("NotificationConfiguration"))
        case "AWS::SNS::Topic":
            return bool(resource.properties.get("Subscription"))
    return True


def _notify(service: Callable[[str], Any], bucket: StoreResource) -> None:
    declared = bucket.properties["NotificationConfiguration"]
    configuration: dict[str, Any] = {
        ours: [_notification(one, target, arn) for one in declared.get(theirs) or []]
        for theirs, ours, target, arn in _NOTIFICATIONS
    }
    if declared.get("EventBridgeConfiguration") is not None:
        configuration["EventBridgeConfiguration"] = {}
    service("s3").put_bucket_notification_configuration(
        Bucket=bucket.name,
        NotificationConfiguration={name: value for name, value in configuration.items() if value != []},
    )


def _notification(declared: Mapping[str, Any], target: str, arn: str) -> dict[str, Any]:
    made: dict[str, Any] = {arn: declared[target], "Events": [declared["Event"]]}
    rules = ((declared.get("Filter") or {}).get("S3Key") or {}).get("Rules")
    if rules:
        made["Filter"] = {
            "Key": {
                "FilterRules": [
                    {"Name": str(rule["Name"]).lower(), "Value": str(rule["Value"])} for rule in rules
                ]
            }
        }
    return made


def _subscribe_within_topic(service: Callable[[str], Any], topic: StoreResource) -> None:
    # A topic's ARN is what creating it again gives.
    fifo = {"FifoTopic": "true"} if topic.name.endswith(".fifo") else {}
    arn = service("sns").create_topic(Name=topic.name, Attributes=fifo)["TopicArn"]
    for subscription in topic.properties["Subscription"]:
        service("sns").subscribe(
            TopicArn=arn, Protocol=subscription["Protocol"], Endpoint=subscription["Endpoint"]
        )


def _subscribe(service: Callable[[str], Any], subscription: StoreResource) -> None:
    properties = subscription.properties
    attributes = {name: _text(properties[name]) for name in _SUBSCRIPTION_ATTRIBUTES if properties.get(name)}
    if str(properties.get("RawMessageDelivery")).lower() == "true":
        attributes["RawMessageDelivery"] = "true"
    service("sns").subscribe(
        TopicArn=properties["TopicArn"],
        Protocol=properties["Protocol"],
        Endpoint=properties["Endpoint"],
        Attributes=attributes,
    )


def _create_bus(service: Callable[[str], Any], bus: StoreResource) -> None:
    try:
        service("events").create_event_bus(Name=bus.name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise


def _create_rule(service: Callable[[str], Any], rule: StoreResource) -> None:
    properties = rule.properties
    bus = str(properties.get("EventBusName") or "default")
    service("events").put_rule(
        Name=rule.name,
        EventBusName=bus,
        EventPattern=_text(properties["EventPattern"]),
        State=str(properties.get("State", "ENABLED")),
    )
    targets = properties.get("Targets")
    if targets:
        service("events").put_targets(Rule=rule.name, EventBusName=bus, Targets=targets)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
