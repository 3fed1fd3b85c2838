"""Every route of the HTTP and REST APIs: records its event, obeys the header `x-do`, and answers with its route."""

from __future__ import annotations

from typing import Any

import controls
import records


def handler(event: Any, context: Any) -> Any:
    """A request, of either payload format."""
    headers = {name.lower(): value for name, value in (event["headers"] or {}).items()}
    if "x-case" in headers:
        records.record(headers["x-case"], event)
    route = event.get("routeKey") or f"{event['httpMethod']} {event['resource']}"
    return controls.obey(controls.parsed(headers.get("x-do")), {"statusCode": 200, "body": route})
