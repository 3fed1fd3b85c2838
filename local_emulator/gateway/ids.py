"""Identifiers in the forms that API Gateway gives them (case E5)."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import uuid as _uuid

_CONNECTION_ID = re.compile(r"[A-Za-z0-9_+/-]{11,23}={1,2}")


def connection_id() -> str:
    """Such as `L0SM9cOFvHcCIhw=`: 16 base64 characters that end in "="."""
    return _token()


def request_id() -> str:
    """The same form; an event's `requestId` and `extendedRequestId` are one."""
    return _token()


def uuid() -> str:
    """A REST API's `requestId`, and one of an authorizer's."""
    return str(_uuid.uuid4())


def resource_id(path: str) -> str:
    """A REST resource's id, such as `a1b2c3`; the same for the same path."""
    return hashlib.sha256(path.encode()).hexdigest()[:6]


def is_connection_id(text: str) -> bool:
    """Whether a text could be a connection's id; one that could not is answered 400, not 410 (case F3)."""
    return _CONNECTION_ID.fullmatch(text) is not None


def _token() -> str:
    return base64.urlsafe_b64encode(os.urandom(11)).decode()
