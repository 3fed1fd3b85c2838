"""What the environment says, read once at cold start; docs/configuration.md lists every variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

_KIND_QUEUE = "WORK_QUEUE_URL_"


class SettingsError(ValueError):
    """A variable is missing or malformed; the text names it, its value and what was wanted."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Field `ready_timeout_seconds` is variable `READY_TIMEOUT_SECONDS`, and so on."""

    table_name: str
    """The one table."""
    work_queue_url: str = ""
    """Where chunks of work go; only the functions that send need it."""
    work_queue_urls: Mapping[str, str] = field(default_factory=dict)
    """The same for kinds of jobs with a queue of their own: `WORK_QUEUE_URL_SCAN` is that of kind `scan`."""
    watch_queue_url: str = ""
    """Where each job's watch message lives; only the functions that send need it."""
    ready_timeout_seconds: int = 5
    """How long a job waits for its first watcher before it starts alone."""
    heartbeat_seconds: int = 30
    """What `ready_ack` asks of clients: a ping at least this often. API Gateway closes after 600 idle seconds."""
    max_subscriptions: int = 100
    """How many jobs one connection may watch at once."""
    connection_seconds: int = 7200
    """How long a connection lives: API Gateway's quota, which cannot be raised."""
    going_away_seconds: int = 300
    """So long before that, a client that sends something is told to connect anew."""
    frames_per_second: int = 4
    """At most this many progress frames of a job; terminal and error frames are not held back."""
    keep_alive_seconds: int = 10
    """How often a job that shows nothing else, because one long step is under way, shows that it lives."""
    item_concurrency: int = 5
    """How many items of a chunk are worked on at once."""
    chunk_receives: int = 5
    """The work queue's maxReceiveCount: at the last receive, what still fails is recorded as failed."""
    watch_seconds: int = 30
    """How often the watchdog looks at a running job."""
    stalled_after_seconds: int = 400
    """A chunk that a worker took so long ago and did not finish is sent again. Longer than any worker's time-out;
    shorter than its queue's visibility it only makes a dead worker's chunk come back sooner."""
    redispatches: int = 3
    """After this many vain attempts a stalled job fails."""
    waiting_seconds: int = 6 * 3600
    """A job none of whose chunks a worker has taken for this long fails."""
    job_ttl_seconds: int = 24 * 3600
    """How long a job's rows live."""

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Settings:
        """Reads the settings from `environment`, usually `os.environ`.

        Raises:
            SettingsError: a required variable is missing, or a number is not a positive whole number.
        """
        values: dict[str, Any] = {"work_queue_urls": _queues_by_kind(environment)}
        for each in fields(cls):
            name = each.name.upper()
            text = environment.get(name)
            if text is None or each.type not in ("int", "str"):
                continue
            values[each.name] = _positive(name, text) if each.type == "int" else text
        if not values.get("table_name"):
            raise SettingsError("TABLE_NAME is not set: it names the DynamoDB table")
        return cls(**values)


def _queues_by_kind(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(_KIND_QUEUE).lower(): url
        for name, url in environment.items()
        if name.startswith(_KIND_QUEUE) and url
    }


def _positive(name: str, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number <= 0:
        raise SettingsError(f"{name}={text!r}: a positive whole number is wanted")
    return number
