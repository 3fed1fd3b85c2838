"""The body of a function's answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any


def decoded(answer: Mapping[str, Any]) -> bytes:
    """What the client gets: base64 decoded where the answer says so, an object as JSON.

    Raises:
        binascii.Error: it says so and is not.
    """
    body = answer.get("body")
    if body is None:
        return b""
    text = body if isinstance(body, str) else json.dumps(body)
    return base64.b64decode(text, validate=True) if answer.get("isBase64Encoded") else text.encode()
