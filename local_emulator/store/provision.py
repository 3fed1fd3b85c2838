"""Creates what a template declares: tables, queues, buckets and topics."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from local_emulator.errors import EmulatorError
from local_emulator.model import StoreResource
from local_emulator.services import client
from local_emulator.store import bucket_settings

_QUEUE_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoQueue",
    "FifoThroughputLimit",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "VisibilityTimeout",
)
_AT_CREATION = ("FifoQueue", "ContentBasedDeduplication")
_THERE_ALREADY = {
    "BucketAlreadyExists",
    "BucketAlreadyOwnedByYou",
    "QueueAlreadyExists",
    "QueueNameExists",
    "ResourceInUseException",
}


class ProvisionError(EmulatorError):
    """A resource could not be created; the message names it and says what the service answered."""


def provision(resources: Iterable[StoreResource], variables: Mapping[str, str]) -> None:
    """Creates the resources where `variables` lead; those that are there already are kept as they are.

    Raises:
        ProvisionError: the service refuses one.
    """
    makers: dict[str, Callable[[Any, StoreResource], None]] = {
        "AWS::DynamoDB::Table": _create_table,
        "AWS::SQS::Queue": _create_queue,
        "AWS::S3::Bucket": _create_bucket,
        "AWS::SNS::Topic": _create_topic,
    }
    wanted = list(resources)
    clients: dict[str, Any] = {}
    for resource in wanted:
        service = resource.type.split("::")[1].lower()
        if service not in clients:
            clients[service] = client(service, variables)
        _attempt(resource, partial(makers[resource.type], clients[service], resource))
    for resource in wanted:
        # Only now, since a redrive policy names another queue.
        if resource.type == "AWS::SQS::Queue":
            _attempt(resource, partial(_configure_queue, clients["sqs"], resource))


def _attempt(resource: StoreResource, work: Callable[[], None]) -> None:
    try:
        work()
    except ClientError as error:
        code = error.response["Error"]["Code"].rpartition(".")[2]
        if code not in _THERE_ALREADY:
            message = error.response["Error"].get("Message", "")
            raise ProvisionError(f"{resource.logical_id} cannot be created: {code}: {message}") from error
    except (ParamValidationError, ValueError) as error:
        raise ProvisionError(f"{resource.logical_id} cannot be created: {error}") from error


def _create_table(dynamodb: Any, resource: StoreResource) -> None:
    properties = resource.properties
    arguments: dict[str, Any] = {
        "TableName": resource.name,
        "AttributeDefinitions": properties.get("AttributeDefinitions", []),
        "KeySchema": properties.get("KeySchema", []),
        "BillingMode": properties.get("BillingMode", "PROVISIONED"),
    }
    for name in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes", "ProvisionedThroughput"):
        if properties.get(name):
            arguments[name] = _whole_numbers(properties[name])
    if properties.get("StreamSpecification"):
        arguments["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
    created = dynamodb.create_table(**arguments)["TableDescription"]
    if created["TableStatus"] != "ACTIVE":
        waiter = dynamodb.get_waiter("table_exists")
        waiter.wait(TableName=resource.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    _set_time_to_live(dynamodb, resource)


def _set_time_to_live(dynamodb: Any, resource: StoreResource) -> None:
    specification = resource.properties.get("TimeToLiveSpecification")
    if not specification or not _truth(specification.get("Enabled")):
        return
    try:
        dynamodb.update_time_to_live(
            TableName=resource.name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": specification["AttributeName"]},
        )
    except ClientError as error:
        # Expiry is lazy on DynamoDB itself, so that a stand-in which never expires anything will do.
        if error.response["Error"]["Code"] != "UnknownOperationException":
            raise


def _create_queue(sqs: Any, resource: StoreResource) -> None:
    sqs.create_queue(QueueName=resource.name, Attributes=_queue_attributes(resource, at_creation=True))


def _configure_queue(sqs: Any, resource: StoreResource) -> None:
    attributes = _queue_attributes(resource, at_creation=False)
    if attributes:
        url = sqs.get_queue_url(QueueName=resource.name)["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)


def _queue_attributes(resource: StoreResource, *, at_creation: bool) -> dict[str, str]:
    return {
        name: _attribute_text(resource.properties[name])
        for name in _QUEUE_ATTRIBUTES
        if name in resource.properties and (name in _AT_CREATION) == at_creation
    }


def _attribute_text(value: Any) -> str:
    if isinstance(value, Mapping):
        return json.dumps(_whole_numbers(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _create_bucket(s3: Any, resource: StoreResource) -> None:
    if _is_there(s3, resource.name):
        # In us-east-1, S3 answers the second creation of a bucket like the first.
        return
    s3.create_bucket(Bucket=resource.name)
    for operation, arguments in bucket_settings.calls(resource.properties):
        getattr(s3, operation)(Bucket=resource.name, **arguments)


def _is_there(s3: Any, bucket: str) -> bool:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return False
    return True


def _create_topic(sns: Any, resource: StoreResource) -> None:
    fifo = _truth(resource.properties.get("FifoTopic"))
    sns.create_topic(Name=resource.name, Attributes={"FifoTopic": "true"} if fifo else {})


def _truth(value: Any) -> bool:
    return str(value).lower() == "true"


def _whole_numbers(value: Any) -> Any:
    """Numbers that come from parameters are text, where the APIs want numbers."""
    if isinstance(value, Mapping):
        return {name: _whole_numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(member) for member in value]
    return int(value) if isinstance(value, str) and value.isdigit() else value
