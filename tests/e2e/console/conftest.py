"""A system, a browser, and the console in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import running_browser, watched_page
from tests.e2e.conftest import System, start_system
from tests.e2e.console.steps import open_console

expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of the module's own, whose history begins with it."""
    yield from start_system(tmp_path_factory.mktemp("console"), documented=False)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, system: System) -> Iterator[Page]:
    with watched_page(browser, viewport={"width": 1280, "height": 800}) as page:
        open_console(page, system)
        yield page
