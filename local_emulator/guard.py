"""Who is served by what the emulator has beside the APIs: whoever sits at this machine, and no page but the console's.

The console and the control of faults can do everything, so they are for loopback clients alone. A page from elsewhere
that a person has open runs on this machine too: one whose host name was made to lead here (DNS rebinding) is known by
its `Host`, one that sends requests across origins by `Origin` and by `Sec-Fetch-Site` (W3C Fetch Metadata).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from local_emulator.http1 import Request

_HOSTS = ("localhost", "127.0.0.1", "::1")


def objection(request: Request) -> str | None:
    """Why a request is not served; None where it is."""
    if not _is_loopback(request.peer):
        return "This is served to this machine alone, whatever --host says"
    host = request.header("host")
    if _hostname(f"//{host}") not in _HOSTS:
        return f"This is at http://localhost, not at a host called {host[:80]!r}"
    origin = request.header("origin")
    if origin and urlsplit(origin).netloc.lower() != host.lower():
        return f"A page of {origin[:80]} may not use this"
    if request.header("sec-fetch-site", "none") not in ("same-origin", "none") and not _is_link(request):
        return "A page of another site may not use this"
    return None


def _is_loopback(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _is_link(request: Request) -> bool:
    """A person followed a link to the page itself."""
    return request.method == "GET" and request.header("sec-fetch-mode") == "navigate"
