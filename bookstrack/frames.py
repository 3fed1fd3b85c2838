"""Reading frames and records. Pure: text in, data out; what is not known is ignored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bookstrack.compact import Compact, is_compact, parse_compact
from bookstrack.types import JSON, Update
from bookstrack.values import mapping, number, seconds, share, text, whole

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
    job_id: str | None = None
    """None from a server of the first protocol: the job that the URL named."""
    alias: int | None = None
    """What compact states call the job by."""


@dataclass(frozen=True)
class Pong:
    """The answer to a ping."""


@dataclass(frozen=True)
class GoingAway:
    """The server will close soon: connect anew before."""


@dataclass(frozen=True)
class Problem:
    """What the server has against a frame of ours; `status` is 0 where the gateway itself says so."""

    status: int
    detail: str


Frame = Update | Compact | ReadyAck | Pong | GoingAway | Problem

_DEFAULT_HEARTBEAT = 30.0
_HEARTBEATS = (0.05, 600.0)
"""A shorter one would keep both sides busy; at ten idle minutes API Gateway closes."""


def parse_frame(raw: str | bytes) -> Frame | None:
    """The frame, or None for a type that is not known.

    Raises:
        ValueError: it is no frame.
    """
    try:
        frame = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ValueError("a frame is not JSON") from error
    if not isinstance(frame, dict):
        raise ValueError("a frame is not a JSON object")
    if is_compact(frame):
        return parse_compact(frame)
    kind = text(frame.get("type"))
    if kind in _STATUS_OF_FRAME:
        return _update(frame, _STATUS_OF_FRAME[kind])
    if kind == "ready_ack":
        return _ready_ack(frame)
    if kind == "pong":
        return Pong()
    if kind == "going_away":
        return GoingAway()
    if kind == "problem":
        return Problem(whole(frame.get("status")), text(frame.get("detail")) or text(frame.get("title")))
    if "type" not in frame and isinstance(frame.get("message"), str):
        # The gateway's own: a throttled message, or a function that failed.
        return Problem(0, frame["message"])
    return None


def _ready_ack(frame: Mapping[str, Any]) -> ReadyAck:
    shortest, longest = _HEARTBEATS
    wanted = number(frame.get("heartbeatSeconds")) or _DEFAULT_HEARTBEAT
    return ReadyAck(
        heartbeat_seconds=min(longest, max(shortest, wanted)),
        job_id=text(frame.get("jobId")).lower() or None,
        alias=whole(frame["alias"]) if frame.get("alias") is not None else None,
    )


def parse_record(record: Mapping[str, Any]) -> Update:
    """The answer of GET /api/jobs/{jobId}, as the same update that a frame gives.

    Raises:
        ValueError: it is no job's record.
    """
    if not isinstance(record.get("status"), str):
        raise ValueError("a job's record has no status")
    return _update({**record, "data": record}, record["status"])


def _update(frame: Mapping[str, Any], status: str) -> Update:
    data = mapping(frame.get("data"))
    if data is None or not isinstance(frame.get("jobId"), str):
        raise ValueError("a frame has no job or no data")
    eta = seconds(data.get("etaMs"))
    return Update(
        job_id=frame["jobId"].lower(),
        seq=whole(frame.get("seq")),
        status=status,
        progress=share(data.get("progress")),
        processed=whole(data.get("processedItems")),
        total=whole(data.get("totalItems")),
        failed=whole(data.get("failedItems")),
        current_status=text(data.get("currentStatus")),
        current_work_id=text(data.get("currentWorkId")) or None,
        error=text(data.get("error")) or None,
        eta=eta / 1000 if eta is not None else None,
        timestamp=whole(frame.get("timestamp")),
    )


def ready_frame(job_id: str, *, timestamp: int, after: int | None, encoding: str) -> str:
    """What a client says first on a connection whose URL named the job; `after` is the newest state that it has."""
    return _asking({"type": "ready", "jobId": job_id, "timestamp": timestamp}, after, encoding)


def subscribe_frame(job_id: str, *, after: int | None, encoding: str) -> str:
    """The same for any job."""
    return _asking({"type": "subscribe", "jobId": job_id}, after, encoding)


def unsubscribe_frame(job_id: str) -> str:
    """No more of that job."""
    return json.dumps({"type": "unsubscribe", "jobId": job_id})


def ack_frame(job_id: str, seq: int) -> str:
    """Everything up to `seq` has arrived."""
    return json.dumps({"type": "ack", "jobId": job_id, "seq": seq})


def ping_frame(timestamp: int) -> str:
    """The application's heartbeat."""
    return json.dumps({"type": "ping", "timestamp": timestamp})


def _asking(frame: dict[str, Any], after: int | None, encoding: str) -> str:
    if after is not None:
        frame["after"] = after
    if encoding != JSON:
        frame["encoding"] = encoding
    return json.dumps(frame)
