"""A function whose library comes from a layer."""

from __future__ import annotations

from typing import Any

import conformance_layer


def handler(event: Any, context: Any) -> Any:
    """What the layer says, and where it lies."""
    return {"says": conformance_layer.GREETING, "file": conformance_layer.__file__}
