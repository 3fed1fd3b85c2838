"""The one logger and the one set of metrics, as JSON lines on standard output (metrics in CloudWatch's EMF)."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger, Metrics

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

_SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME", "progress")

logger = Logger(service=_SERVICE, level=os.environ.get("LOG_LEVEL", "INFO"))
"""Handlers append `jobId`, `connectionId` and `traceparent`, and every later line of the invocation has them."""

metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Progress"), service=_SERVICE)
"""Ids are never dimensions: each distinct value would be a metric of its own, and a cost."""


def identify(**keys: str | None) -> None:
    """Puts `keys` (jobId, connectionId, traceparent) on every later line of this invocation."""
    logger.append_keys(**{name: value for name, value in keys.items() if value is not None})


def observed(handler: Handler) -> Handler:
    """Wraps a Lambda handler: every line has the request's id, and the metrics of an invocation that counted
    something are written at its end, however it ends."""

    @wraps(handler)
    def run(event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            return handler(event, context)
        finally:
            # An invocation without metrics is normal here; Powertools' own decorator would warn of each.
            if metrics.metric_set:
                metrics.flush_metrics()

    wrapped: Handler = logger.inject_lambda_context(run, clear_state=True)
    return wrapped
