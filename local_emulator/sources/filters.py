"""FilterCriteria of event source mappings: a record that matches none of the patterns never reaches the function.

The patterns are EventBridge's (docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html), and are matched
by moto, which is loaded only where a mapping has some.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
Matches = Callable[[Record], bool]


def matcher(patterns: Sequence[str]) -> Matches:
    """Whether a record passes, for patterns as JSON text; without patterns every record does."""
    if not patterns:
        return lambda _: True
    from moto.events.models import EventPattern

    loaded = [EventPattern.load(pattern) for pattern in patterns]
    return lambda record: any(pattern.matches_event(record) for pattern in loaded)


def with_parsed_body(record: Record) -> dict[str, Any]:
    """A queue's record as filters see it: a body that is JSON is looked into."""
    try:
        body = json.loads(record["body"])
    except ValueError:
        body = record["body"]
    return {**record, "body": body}
