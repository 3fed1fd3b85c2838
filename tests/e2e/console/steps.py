"""What a person does in the console, and what happens meanwhile."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect
from websockets.sync.client import ClientConnection

from tests.e2e.conftest import System, frames_until_the_end, new_id

WORKS = ["9780439023481", "9780439554930", "9780316015844"]


def open_console(page: Page, system: System, view: str = "") -> None:
    page.goto(f"{system.stack.url}/_console/#{view}")
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()


def go(page: Page, view: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=view).click()


def run_job(system: System) -> str:
    job_id = new_id()
    with system.listen(job_id) as socket:
        system.start(WORKS, job_id)
        assert "complete" == frames_until_the_end(socket)[-1]["type"]
    return job_id


def rows(page: Page, text: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("option").filter(has_text=text)


def connection_of(page: Page, socket: ClientConnection) -> Locator:
    """The newest of the open connections in the list."""
    return page.get_by_role("listbox", name="Connections").get_by_role("option").filter(has_text="open").first


def choose_connection(page: Page, socket: ClientConnection) -> Locator:
    go(page, "Connections")
    expect(connection_of(page, socket)).to_be_visible()
    connection_of(page, socket).click()
    return page.get_by_role("article", name=re.compile("^Connection "))
