"""Says who reads a report."""

from __future__ import annotations

import os
from typing import Any


def audit(event: dict[str, Any], context: object) -> str:
    return f"{os.environ['READER']} reads {event['language']}"
