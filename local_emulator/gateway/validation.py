"""Request models: JSON schemas of draft 4 that bodies must fit (case B14).

https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def fits(schema: Mapping[str, Any], body: str) -> bool:
    """Whether a body is JSON that the schema allows."""
    # Imported where a template has models: most have none.
    from jsonschema import Draft4Validator

    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return bool(Draft4Validator(schema).is_valid(value))
