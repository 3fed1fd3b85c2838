"""A store to test against."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping

import pytest

from local_emulator.model import StoreResource
from local_emulator.services import service_variables
from local_emulator.store.process import StoreProcess


@pytest.fixture
async def variables() -> AsyncIterator[Mapping[str, str]]:
    """The variables that lead to a store of the test's own."""
    store = await StoreProcess.start()
    yield service_variables({}, store_url=store.url, lambda_url="http://127.0.0.1:9", ca_bundle=None)
    await store.stop()


@pytest.fixture
def table() -> StoreResource:
    """A table as a template declares it."""
    return StoreResource(
        logical_id="Table",
        type="AWS::DynamoDB::Table",
        name=f"table-{uuid.uuid4().hex[:8]}",
        properties={
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
        },
    )
