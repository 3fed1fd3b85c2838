"""Who may use the console."""

from __future__ import annotations

import pytest

from local_emulator.guard import objection
from local_emulator.http1 import Request


def request(peer: str = "127.0.0.1", method: str = "GET", **headers: str) -> Request:
    named = {"host": "localhost:3000", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Request(method=method, target="/_console/", headers=list(named.items()), peer=peer)


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_served(peer: str) -> None:
    """By any of the loopback interface's addresses."""
    assert objection(request(peer)) is None


@pytest.mark.parametrize(
    "peer", ["192.168.1.7", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "", "nonsense"]
)
def test_other_machines_are_not(peer: str) -> None:
    """Even where the emulator listens beyond the loopback interface."""
    assert "this machine alone" in (objection(request(peer)) or "")


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:3000", "127.0.0.1:3000", "[::1]:3000", "LOCALHOST:1"]
)
def test_hosts_that_can_only_lead_here_are_served(host: str) -> None:
    """With any port."""
    assert objection(request(host=host)) is None


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:3000", "localhost.evil.example", "localhost@evil.example", "", "[::1"],
)
def test_a_host_name_that_was_made_to_lead_here_is_refused(host: str) -> None:
    """DNS rebinding: the address is this machine's, the page is not."""
    assert "not at a host called" in (objection(request(host=host)) or "")


def test_the_consoles_own_page_is_served() -> None:
    """Its origin is the host that it asks."""
    assert (
        objection(request(method="POST", origin="http://localhost:3000", sec_fetch_site="same-origin"))
        is None
    )
    assert objection(request(origin="https://localhost:3000")) is None


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost:8080", "null", "http://127.0.0.1:3000"]
)
def test_pages_of_other_origins_are_refused(origin: str) -> None:
    """One of another port of this machine too: that may be any program's."""
    assert "may not use" in (objection(request(method="POST", origin=origin)) or "")


def test_what_another_site_loads_is_refused() -> None:
    """An image or a script sends no Origin, but browsers tell where it comes from."""
    assert "another site" in (objection(request(sec_fetch_site="cross-site", sec_fetch_mode="no-cors")) or "")
    assert "another site" in (objection(request(sec_fetch_site="same-site", sec_fetch_mode="no-cors")) or "")


def test_a_link_leads_to_the_page() -> None:
    """From a chat or from documentation."""
    assert objection(request(sec_fetch_site="cross-site", sec_fetch_mode="navigate")) is None
