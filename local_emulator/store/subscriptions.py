"""Ties together what the store holds: notifications of buckets, subscriptions to topics, rules of event buses."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from local_emulator.model import Application, StoreResource
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


def subscriptions_of(application: Application) -> list[StoreResource]:
    """What leads somewhere: resources of the store that say so themselves, and those that name two others."""
    return [
        resource
        for resource in (*application.store_resources, *application.subscriptions)
        if resource.type in _KINDS and _leads_somewhere(resource)
    ]


def subscribe(
    after: Sequence[StoreResource], variables: Mapping[str, str], before: Sequence[StoreResource] = ()
) -> None:
    """Makes what is not among those of `before`, and unmakes what was there only.

    Where a service is not the store's own but one that the person has named, nothing is made: it could not reach the
    functions, and may be real.

    Raises:
        ProvisionError: a service refuses one.
    """
    clients = _Clients(variables)
    for resource in before:
        if resource not in after and not clients.are_elsewhere(resource):
            _attempt(resource, partial(_KINDS[resource.type].unmake, clients, resource))
    for kind, steps in _KINDS.items():
        for resource in after:
            if resource.type != kind or resource in before:
                continue
            if clients.are_elsewhere(resource):
                logger.warning(
                    "%s leads to nothing here, since %s is set: what happens there is not seen",
                    resource.logical_id,
                    _elsewhere(resource),
                )
            else:
                _attempt(resource, partial(steps.make, clients, resource))


class _Clients:
    """boto3 clients, made when they are needed."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        if service not in self._made:
            self._made[service] = client(service, self._variables)
        return self._made[service]

    def are_elsewhere(self, resource: StoreResource) -> bool:
        """Whether the person has named another service for it."""
        return _elsewhere(resource) in self._variables


def _elsewhere(resource: StoreResource) -> str:
    return f"AWS_ENDPOINT_URL_{resource.type.split('::')[1].upper()}"


def _attempt(resource: StoreResource, work: Callable[[], None]) -> None:
    try:
        work()
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


def _notify(clients: _Clients, bucket: StoreResource) -> None:
    declared = bucket.properties["NotificationConfiguration"]
    configuration: dict[str, Any] = {
        ours: [_notification(one, target, arn) for one in declared.get(theirs) or []]
        for theirs, ours, target, arn in _NOTIFICATIONS
    }
    if declared.get("EventBridgeConfiguration") is not None:
        configuration["EventBridgeConfiguration"] = {}
    clients("s3").put_bucket_notification_configuration(
        Bucket=bucket.name,
        NotificationConfiguration={name: value for name, value in configuration.items() if value != []},
    )


def _notify_nobody(clients: _Clients, bucket: StoreResource) -> None:
    clients("s3").put_bucket_notification_configuration(Bucket=bucket.name, NotificationConfiguration={})


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


def _subscribe_within_topic(clients: _Clients, topic: StoreResource) -> None:
    arn = _topic_arn(clients, topic)
    for subscription in topic.properties["Subscription"]:
        clients("sns").subscribe(
            TopicArn=arn, Protocol=subscription["Protocol"], Endpoint=subscription["Endpoint"]
        )


def _unsubscribe_within_topic(clients: _Clients, topic: StoreResource) -> None:
    arn = _topic_arn(clients, topic)
    for subscription in topic.properties["Subscription"]:
        _end_subscription(clients, arn, subscription)


def _topic_arn(clients: _Clients, topic: StoreResource) -> str:
    # A topic's ARN is what creating it again gives.
    fifo = {"FifoTopic": "true"} if topic.name.endswith(".fifo") else {}
    return str(clients("sns").create_topic(Name=topic.name, Attributes=fifo)["TopicArn"])


def _subscribe(clients: _Clients, subscription: StoreResource) -> None:
    properties = subscription.properties
    attributes = {name: _text(properties[name]) for name in _SUBSCRIPTION_ATTRIBUTES if properties.get(name)}
    if str(properties.get("RawMessageDelivery")).lower() == "true":
        attributes["RawMessageDelivery"] = "true"
    clients("sns").subscribe(
        TopicArn=properties["TopicArn"],
        Protocol=properties["Protocol"],
        Endpoint=properties["Endpoint"],
        Attributes=attributes,
    )


def _unsubscribe(clients: _Clients, subscription: StoreResource) -> None:
    _end_subscription(clients, str(subscription.properties["TopicArn"]), subscription.properties)


def _end_subscription(clients: _Clients, topic_arn: str, properties: Mapping[str, Any]) -> None:
    pages = clients("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
    for found in (one for page in pages for one in page["Subscriptions"]):
        if (found["Protocol"], found["Endpoint"]) == (properties["Protocol"], properties["Endpoint"]):
            clients("sns").unsubscribe(SubscriptionArn=found["SubscriptionArn"])


def _create_bus(clients: _Clients, bus: StoreResource) -> None:
    try:
        clients("events").create_event_bus(Name=bus.name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise


def _create_rule(clients: _Clients, rule: StoreResource) -> None:
    properties = rule.properties
    bus = str(properties.get("EventBusName") or "default")
    clients("events").put_rule(
        Name=rule.name,
        EventBusName=bus,
        EventPattern=_text(properties["EventPattern"]),
        State=str(properties.get("State", "ENABLED")),
    )
    targets = properties.get("Targets")
    if targets:
        clients("events").put_targets(Rule=rule.name, EventBusName=bus, Targets=targets)


def _delete_rule(clients: _Clients, rule: StoreResource) -> None:
    where = {"EventBusName": str(rule.properties.get("EventBusName") or "default")}
    targets = [target["Id"] for target in rule.properties.get("Targets") or []]
    if targets:
        clients("events").remove_targets(Rule=rule.name, Ids=targets, **where)
    clients("events").delete_rule(Name=rule.name, **where)


def _keep(clients: _Clients, resource: StoreResource) -> None:
    """A bus without rules does nothing."""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True)
class _Steps:
    make: Callable[[_Clients, StoreResource], None]
    unmake: Callable[[_Clients, StoreResource], None]


_KINDS = {
    # In the order in which they are made: the last ones name the others.
    "AWS::S3::Bucket": _Steps(_notify, _notify_nobody),
    "AWS::SNS::Topic": _Steps(_subscribe_within_topic, _unsubscribe_within_topic),
    "AWS::Events::EventBus": _Steps(_create_bus, _keep),
    "AWS::SNS::Subscription": _Steps(_subscribe, _unsubscribe),
    "AWS::Events::Rule": _Steps(_create_rule, _delete_rule),
}
