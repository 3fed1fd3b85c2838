"""A real browser: Debian's Chromium, without a window."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PATIENCE_MS = 20_000


def chromium() -> str:
    """Its path; the test fails with what to do where there is none."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail(
            "Chromium is needed: apt-get update && apt-get install -y chromium (as root)", pytrace=False
        )
    return found


@contextmanager
def running_browser() -> Iterator[Browser]:
    """With a profile of its own that is thrown away."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def watched_page(browser: Browser, *, complaint: str = "", **options: Any) -> Iterator[Page]:
    """A page, and the certainty that it neither failed nor complained, unless by what `complaint` begins."""
    context = browser.new_context(**options)
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        expected = complaint and message.text.startswith(complaint)
        if message.type in ("error", "warning") and not expected:
            complaints.append(f"{message.text} {message.location}")

    try:
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
    finally:
        context.close()
    assert [] == complaints
