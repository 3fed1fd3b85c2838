"""$default: every frame that a client sends.

`ready` and `subscribe` make the connection a watcher: its row is written, then the job is read, and the snapshot
sent. A job that waits for its first watcher is launched. Whatever is wrong with a frame is answered by a `problem`
frame, never by silence. A connection near the end of its life is also told `going_away`. Answers go out by
post-to-connection; the return value is read by nobody.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from progress import protocol
from progress.clock import now_ms
from progress.connections import Connection, ConnectionGoneError, TooManySubscriptionsError
from progress.job import Job, Status
from progress.jobid import parse_job_id
from progress.log import identify, logger, observed
from progress.problems import ProblemError, ProblemType
from progress.wiring import connections, jobs, lifecycle, settings, stream


@observed
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    connection_id = event["requestContext"]["connectionId"]
    identify(connectionId=connection_id)
    connection = connections().get(connection_id)
    if connection is None:
        logger.warning("Frame of a connection that is not known any more")
        return {"statusCode": 410}
    _answer(connection, event.get("body") or "")
    _say_farewell(connection)
    return {"statusCode": 200}


def _answer(connection: Connection, text: str) -> None:
    ref = None
    try:
        frame = protocol.parse(text)
        ref = protocol.type_of(frame)
        _dispatch(connection, frame)
    except ConnectionGoneError:
        logger.info("Closed while its frame was handled")
    except protocol.MalformedFrameError as error:
        _complain(connection, ProblemError(ProblemType.MALFORMED, str(error)), ref)
    except ProblemError as problem:
        _complain(connection, problem, ref)


def _dispatch(connection: Connection, frame: protocol.ClientFrame) -> None:
    match frame:
        case protocol.Ready(job_id=named, encoding=encoding):
            _watch(connection, _job_id(connection.job_id if named is UNSET else named), encoding)
        case protocol.Subscribe(job_id=named, encoding=encoding):
            _watch(connection, _job_id(named), encoding)
        case protocol.Unsubscribe(job_id=named):
            connections().unsubscribe(connection.connection_id, _job_id(named))
        case protocol.Ack(job_id=named, seq=seq):
            _acknowledge(connection, _job_id(named), seq)
        case protocol.Cancel(job_id=named):
            _cancel(connection, _job_id(named))
        case protocol.Ping():
            stream().reply(connection, protocol.Pong(timestamp=now_ms()))


def _watch(connection: Connection, job_id: str, encoding: protocol.Encoding) -> None:
    compact = encoding is protocol.Encoding.COMPACT
    alias = _subscribe(connection, job_id, compact=compact)
    job = jobs().watch(job_id)
    acknowledged = protocol.ReadyAck(
        timestamp=now_ms(), job_id=job_id, heartbeat_seconds=settings().heartbeat_seconds
    )
    if compact:
        acknowledged.encoding, acknowledged.alias = encoding, alias
    if job is None or job.owner != connection.principal:
        # Somebody else's job looks like one that is not there; one that is not there yet will find its watcher.
        stream().reply(connection, acknowledged)
        return
    stream().reply(connection, acknowledged, _state(job, alias if compact else None))
    if job.status is Status.WAITING:
        lifecycle().launch(job_id)


def _subscribe(connection: Connection, job_id: str, *, compact: bool) -> int:
    try:
        return connections().subscribe(connection, job_id, compact=compact)
    except TooManySubscriptionsError as error:
        most = settings().max_subscriptions
        raise ProblemError(
            ProblemType.LIMIT, f"A connection may watch {most} jobs at once: unsubscribe from one first."
        ) from error


def _acknowledge(connection: Connection, job_id: str, seq: int) -> None:
    if connections().acknowledge(connection, job_id, seq):
        jobs().acknowledge(job_id, seq, principal=connection.principal)


def _cancel(connection: Connection, job_id: str) -> None:
    job = jobs().get(job_id)
    if job is None or job.owner != connection.principal:
        raise ProblemError(ProblemType.NOT_FOUND, f"{job_id} is not known here.")
    ended = lifecycle().cancel(job)
    watcher = _watcher(connection, ended)
    if job.status.terminal or watcher is None:
        stream().reply(connection, _state(ended, watcher.compact_as if watcher else None))


def _watcher(connection: Connection, job: Job) -> Connection | None:
    watchers = connections().watchers(job.job_id, owner=job.owner)
    return next((each for each in watchers if each.connection_id == connection.connection_id), None)


def _state(job: Job, alias: int | None) -> protocol.ServerFrame:
    if alias is None:
        return protocol.state_frame(job, now_ms())
    return protocol.compact_frame(job, alias)


def _say_farewell(connection: Connection) -> None:
    """API Gateway closes a connection at its age without a word: whoever talks to us shortly before is told."""
    left_ms = connection.connected_at + settings().connection_seconds * 1000 - now_ms()
    if left_ms <= settings().going_away_seconds * 1000:
        going = protocol.GoingAway(timestamp=now_ms(), reconnect_within_ms=max(0, left_ms))
        stream().reply(connection, going)


def _job_id(named: str | UnsetType | None) -> str:
    if not isinstance(named, str):
        raise ProblemError(
            ProblemType.INVALID,
            "Which job? Name it by jobId in the frame, or in the URL that you connect to.",
        )
    try:
        job_id = parse_job_id(named)
    except ValueError as error:
        raise ProblemError(ProblemType.INVALID, f"jobId {error}.") from error
    identify(jobId=job_id)
    return job_id


def _complain(connection: Connection, problem: ProblemError, ref: str | None) -> None:
    logger.info("Frame refused", extra={"reason": problem.detail})
    stream().reply(connection, protocol.problem_frame(problem, ref))
