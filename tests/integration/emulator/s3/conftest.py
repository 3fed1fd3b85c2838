"""One store for all tests of a module, and a bucket for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from local_emulator.services import service_variables
from local_emulator.store.process import StoreProcess
from tests.integration.emulator.s3.helpers import PAGE, declared, signing


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def variables() -> AsyncIterator[Mapping[str, str]]:
    """The variables that lead to the module's store."""
    store = await StoreProcess.start()
    yield service_variables({}, store_url=store.url, lambda_url="http://127.0.0.1:9", ca_bundle=None)
    await store.stop()


@pytest.fixture(scope="module")
def s3(variables: Mapping[str, str]) -> Any:
    """Signs in version 4."""
    return signing(variables, "s3v4")


@pytest.fixture
def bucket(variables: Mapping[str, str]) -> str:
    """As a template with an upload page declares it."""
    rule = {"AllowedMethods": ["POST", "GET"], "AllowedOrigins": [PAGE], "ExposedHeaders": ["ETag"]}
    return declared(variables, {"CorsConfiguration": {"CorsRules": [rule]}})
