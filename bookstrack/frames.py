"""Reading frames and records. Pure: text in, data out; what is not known is ignored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bookstrack.types import Update
from bookstrack.values import number, positive, share, whole

_STATUS_OF_FRAME = {
    "progress": "running",
    "complete": "completed",
    "error": "failed",
    "cancelled": "cancelled",
}


@dataclass(frozen=True)
class ReadyAck:
    """The server shows the job from now on; it wants a ping each `heartbeat_seconds`."""

    heartbeat_seconds: float


@dataclass(frozen=True)
class Pong:
    """The answer to a ping."""


@dataclass(frozen=True)
class GoingAway:
    """The server will close soon: connect anew."""


@dataclass(frozen=True)
class Problem:
    """What the server has against a frame of ours; `status` is 0 where the gateway itself says so."""

    status: int
    detail: str


Frame = Update | ReadyAck | Pong | GoingAway | Problem

_DEFAULT_HEARTBEAT = 30.0


def parse_frame(text: str | bytes) -> Frame | None:
    """The frame, or None for a type that is not known.

    Raises:
        ValueError: it is no frame.
    """
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("a frame is not JSON") from error
    if not isinstance(frame, dict):
        raise ValueError("a frame is not a JSON object")
    kind = frame.get("type")
    if kind in _STATUS_OF_FRAME:
        return _update(frame, _STATUS_OF_FRAME[kind])
    if kind == "ready_ack":
        # The original server's ready_ack has a timestamp alone.
        return ReadyAck(positive(frame.get("heartbeatSeconds"), _DEFAULT_HEARTBEAT))
    if kind == "pong":
        return Pong()
    if kind == "going_away":
        return GoingAway()
    if kind is None and isinstance(frame.get("message"), str):
        # The gateway's own: a throttled message, or a function that failed.
        return Problem(0, frame["message"])
    if kind == "problem":
        return Problem(whole(frame.get("status")), str(frame.get("detail") or frame.get("title") or ""))
    return None


def parse_record(record: Mapping[str, Any]) -> Update:
    """The answer of GET /api/jobs/{jobId}, as the same update that a frame gives.

    Raises:
        ValueError: it is no job's record.
    """
    if not isinstance(record.get("status"), str):
        raise ValueError("a job's record has no status")
    return _update({**record, "data": record}, record["status"])


def _update(frame: Mapping[str, Any], status: str) -> Update:
    data = frame.get("data")
    if not isinstance(data, dict) or not isinstance(frame.get("jobId"), str):
        raise ValueError("a frame has no job or no data")
    eta = data.get("etaMs")
    return Update(
        job_id=frame["jobId"].lower(),
        seq=whole(frame.get("seq")),
        status=status,
        progress=share(data.get("progress")),
        processed=whole(data.get("processedItems")),
        total=whole(data.get("totalItems")),
        failed=whole(data.get("failedItems")),
        current_status=str(data.get("currentStatus") or ""),
        current_work_id=data.get("currentWorkId"),
        error=data.get("error"),
        eta=number(eta) / 1000 if eta is not None else None,
        timestamp=whole(frame.get("timestamp")),
    )


def ready_frame(timestamp: int, after: int | None) -> str:
    """What a client sends once it listens; `after` is the newest state that it has."""
    frame: dict[str, Any] = {"type": "ready", "timestamp": timestamp}
    if after is not None:
        frame["after"] = after
    return json.dumps(frame)


def ping_frame(timestamp: int) -> str:
    """The application's heartbeat."""
    return json.dumps({"type": "ping", "timestamp": timestamp})
