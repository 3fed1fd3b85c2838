"""A function that is invoked by name: obeys its event, and answers with what it can see of itself."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import controls
import records

invocations = 0


def handler(event: Any, context: Any) -> Any:
    """Control words, and a case to record the event under."""
    global invocations
    invocations += 1
    if "case" in event:
        records.record(event["case"], event)
    answer = controls.obey(event, None)
    return _seen(context) if answer is None else answer


def _seen(context: Any) -> dict[str, Any]:
    mark = Path(tempfile.gettempdir(), "conformance-mark")
    met = mark.exists()
    mark.write_text("here")
    return {
        "environment": records.ENVIRONMENT,
        "invocations": invocations,
        "remaining": context.get_remaining_time_in_millis(),
        "requestId": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "name": context.function_name,
        "clientContext": getattr(context.client_context, "custom", None),
        "variables": dict(os.environ),
        "cwd": str(Path.cwd()),
        "path": sys.path,
        "metTemporaryFile": met,
    }
