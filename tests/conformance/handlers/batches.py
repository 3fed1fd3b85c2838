"""What every queue invokes: records the batch under each message's case, and obeys the messages' control words."""

from __future__ import annotations

import json
import os
from typing import Any

import controls
import records


def handler(event: Any, context: Any) -> Any:
    """A batch. `fail` names the receives at which a message is reported; `answer` replaces the report."""
    failed = []
    control: controls.Control = {}
    for item in event["Records"]:
        body = json.loads(item["body"])
        records.record(body["case"], {**event, "source": item["messageId"]})
        if int(item["attributes"]["ApproximateReceiveCount"]) in body.get("fail", ()):
            failed.append({"itemIdentifier": item["messageId"]})
            control |= body.get("do", {})
        elif "await" in body:
            control["await"] = body["await"]
    if failed and "REPORTS" not in os.environ:
        raise RuntimeError("the batch failed")
    return controls.obey(control, {"batchItemFailures": failed})
