"""What invokes functions by itself: queues, streams, schedules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class SqsEventSource:
    """An `AWS::Lambda::EventSourceMapping` from a queue to a function."""

    logical_id: str
    function: str
    queue: str
    """Logical id of the queue."""
    batch_size: int = 10
    batch_window_seconds: int = 0
    report_batch_item_failures: bool = False
    maximum_concurrency: int | None = None
    filters: tuple[str, ...] = ()
    """Patterns as JSON; a record that matches none is dropped. Without any all records pass."""
    enabled: bool = True


@dataclass(frozen=True, kw_only=True)
class StreamEventSource:
    """An `AWS::Lambda::EventSourceMapping` from a table's stream to a function."""

    logical_id: str
    function: str
    table: str
    """Logical id of the table."""
    stream_arn: str
    starting_position: str
    """`TRIM_HORIZON` or `LATEST`."""
    batch_size: int = 100
    batch_window_seconds: int = 0
    report_batch_item_failures: bool = False
    bisect_on_error: bool = False
    maximum_retries: int | None = None
    """None tries for ever."""
    maximum_record_age_seconds: int | None = None
    on_failure: str | None = None
    """ARN of the queue or topic that is told of a batch that was given up."""
    filters: tuple[str, ...] = ()
    """As for queues."""
    enabled: bool = True


@dataclass(frozen=True, kw_only=True)
class ScheduleTarget:
    """What a schedule invokes or sends to."""

    arn: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The target as declared: what it is given (`Input`, `InputPath`, `InputTransformer`), `SqsParameters`."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """An `AWS::Events::Rule` with a schedule, or an `AWS::Scheduler::Schedule`."""

    logical_id: str
    arn: str
    source: str
    """`aws.events` or `aws.scheduler`."""
    expression: str
    """`rate(…)`, `cron(…)` or `at(…)`."""
    timezone: str = "UTC"
    starts: str | None = None
    ends: str | None = None
    """ISO 8601, in UTC."""
    targets: tuple[ScheduleTarget, ...] = ()
    enabled: bool = True
