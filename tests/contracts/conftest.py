"""The whole system, for random requests and frames."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import System, start_system


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One in which no job starts by itself: it is the requests that are looked at."""
    yield from start_system(tmp_path_factory.mktemp("fuzz"), parameters={"ReadyTimeoutSeconds": "900"})
