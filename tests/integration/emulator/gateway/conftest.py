"""One certificate for all tests: making keys takes a while."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.integration.emulator.gateway.local_gateway import running


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
def serve(certificates: Path) -> Callable[..., Any]:
    """`async with serve({"$connect": ok, ...}) as gateway`."""
    return partial(running, certificates)
