"""What the store must hold: tables, queues, buckets, topics."""

from __future__ import annotations

from collections.abc import Iterator

from local_emulator.model import StoreResource
from local_emulator.template.stack import Stack

STORES = ("AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::SNS::Topic")


def stores(stack: Stack) -> Iterator[StoreResource]:
    """Every one of them."""
    for kind in STORES:
        for resource in stack.of_type(kind):
            yield StoreResource(
                logical_id=resource.logical_id,
                type=kind,
                name=stack.name(resource.logical_id),
                properties=resource.properties,
            )
