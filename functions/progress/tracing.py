"""W3C trace context, carried from the request through the queues into every log line.

X-Ray does not follow a trace through a WebSocket API or across SQS by itself, and importing a tracing SDK would
cost a cold start more than all else; so the id is simply carried along.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def traceparent(headers: Mapping[str, str]) -> str:
    """The caller's `traceparent` where it is well-formed, else a new one."""
    given = next((value for name, value in headers.items() if name.lower() == "traceparent"), "")
    if _TRACEPARENT.fullmatch(given):
        return given
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
