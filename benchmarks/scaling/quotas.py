"""AWS's quotas that the system meets, as they are by default, with where each is written.

`confirmed` ones stand in AWS's own guide, or in AWS's blog where named so; the others are to be measured on an account.
"""

from __future__ import annotations

from dataclasses import dataclass

_API_GATEWAY = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide"


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A limit, in units of `per` (each second, or at once)."""

    title: str
    value: float
    per: str
    source: str
    moved_by: str
    """What raises it."""
    confirmed: bool = True


CONNECTIONS = Quota(
    title="new WebSocket connections",
    value=500,
    per="s",
    source=f"{_API_GATEWAY}/apigateway-execution-service-websocket-limits-table.html",
    moved_by="a quota increase",
)
GATEWAY = Quota(
    title="requests to API Gateway: HTTP, WebSocket and @connections together",
    value=10_000,
    per="s",
    source=f"{_API_GATEWAY}/limits.html (2,500 in some regions)",
    moved_by="a quota increase, or a lower `FramesPerSecond`",
)
WEBSOCKET_STAGE = Quota(
    title="messages from clients, by the stage's own throttle",
    value=500,
    per="s",
    source="template.yaml, `DefaultRouteSettings`",
    moved_by="`ThrottlingRateLimit` of the WebSocket API",
)
HTTP_STAGE = Quota(
    title="HTTP requests, by the stage's own throttle",
    value=200,
    per="s",
    source="template.yaml, `DefaultRouteSettings`",
    moved_by="`ThrottlingRateLimit` of the HTTP API",
)
LAMBDA = Quota(
    title="functions running at once",
    value=1000,
    per="at once",
    source="https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (new accounts have less)",
    moved_by="a quota increase",
)
POLLERS = Quota(
    title="workers that one queue feeds",
    value=1250,
    per="at once",
    source="https://aws.amazon.com/blogs/compute/introducing-faster-polling-scale-up-for-aws-lambda-functions-configured-with-amazon-sqs/",
    moved_by="a queue for each kind of job",
)
PARTITION_WRITES = Quota(
    title="writes to one job's rows",
    value=1000,
    per="units/s",
    source=f"{_DYNAMODB}/bp-partition-key-design.html (a hot partition may be split by sort key)",
    moved_by="fewer workers on one job, or a key with a shard in it",
)
PARTITION_READS = Quota(
    title="reads of one job's rows",
    value=3000,
    per="units/s",
    source=f"{_DYNAMODB}/bp-partition-key-design.html",
    moved_by="fewer workers on one job, or a lower `FramesPerSecond`",
)
NEW_TABLE_WRITES = Quota(
    title="writes to a table that is new",
    value=4000,
    per="units/s",
    source=f"{_DYNAMODB}/on-demand-capacity-mode.html (it grows with use, to twice the last peak)",
    moved_by="warm throughput, or growing slowly",
    confirmed=False,
)
TABLE_WRITES = Quota(
    title="writes to the table",
    value=40_000,
    per="units/s",
    source=f"{_DYNAMODB}/ServiceQuotas.html",
    moved_by="a quota increase",
    confirmed=False,
)
TABLE_READS = Quota(
    title="reads of the table",
    value=40_000,
    per="units/s",
    source=f"{_DYNAMODB}/ServiceQuotas.html",
    moved_by="a quota increase",
    confirmed=False,
)
LIFE = Quota(
    title="the life of a job's record",
    value=24 * 3600,
    per="s",
    source="docs/configuration.md, `JOB_TTL_SECONDS`",
    moved_by="`WorkerConcurrency`, or `JOB_TTL_SECONDS`",
)
ALL = (
    CONNECTIONS,
    GATEWAY,
    WEBSOCKET_STAGE,
    HTTP_STAGE,
    LAMBDA,
    POLLERS,
    PARTITION_WRITES,
    PARTITION_READS,
    NEW_TABLE_WRITES,
    TABLE_WRITES,
    TABLE_READS,
    LIFE,
)
