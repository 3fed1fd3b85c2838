"""The durable record of a job: what it was given, which items are done, what state it has shown, how it ended.

    JOB#id | META    the state that was last shown (`seq`), and the status; one writer wins each step

Its chunks and items are in `counting`, what it was given is in `inputs`: rows of their own, so that each write is one
small conditional update of one item, and counting rewrites none of the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from progress.counting import Counting
from progress.job import CHUNK_SIZE, Job, Status, Totals, hash_request
from progress.table import ConditionFailedError, Item, job_key


@dataclass(frozen=True, kw_only=True)
class Emission:
    """What became of a state that was to be shown."""

    job: Job | None
    """As it stands now; None where there is none."""
    committed: bool

    @property
    def shown(self) -> Job | None:
        """The job with that state; None where it was refused."""
        return self.job if self.committed else None


class JobExistsError(Exception):
    """The id is taken; `job` is the one that has it."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"job {job.job_id} exists")
        self.job = job


_SHOW = "SET seq = seq + :frames, processedItems = :processed, failedItems = :failed, currentStatus = :text"


class Jobs(Counting):
    """The jobs of one table."""

    # starting

    def create(
        self,
        job_id: str,
        *,
        kind: str,
        total_items: int,
        request_hash: str,
        owner: str,
        traceparent: str | None,
        unfolds: bool = False,
    ) -> Job:
        """The one write that makes a job be. Its input must have been stored.

        Raises:
            JobExistsError: the id is taken, by the same request or another.
        """
        now = self._clock()
        item: Item = {
            "pk": job_key(job_id),
            "sk": "META",
            "kind": kind,
            "status": Status.WAITING.value,
            "totalItems": total_items,
            "requestHash": request_hash,
            "owner": owner,
            "createdAt": now,
            "seq": 0,
            "processedItems": 0,
            "failedItems": 0,
            "currentStatus": "Waiting to start",
            "lastEmitAt": 0,
            "watchers": 0,
            "traceparent": traceparent,
            "unfolds": unfolds or None,
            "ttl": self._expires(),
        }
        try:
            self._table.put(item, unless_exists=True)
        except ConditionFailedError as failed:
            if failed.item is None:
                raise
            raise JobExistsError(_job(failed.item)) from failed
        return _job(item)

    def launch(self, job_id: str) -> Job | None:
        """Waiting to running. The one caller that wins gets the job, must send its chunks, and say so with
        `mark_dispatched`."""
        now = self._clock()
        return self._step(
            job_id,
            "SET #status = :running, startedAt = :now, watchedAt = :now, watchedItems = :zero, currentStatus = :text",
            {
                ":running": Status.RUNNING,
                ":waiting": Status.WAITING,
                ":now": now,
                ":zero": 0,
                ":text": "Starting",
            },
            "#status = :waiting",
        )

    def mark_dispatched(self, job: Job) -> None:
        """Remembers that the chunks were sent, so that the watchdog need not send them."""
        self._step(
            job.job_id,
            "SET dispatched = :true",
            {":true": True, ":running": Status.RUNNING},
            "#status = :running",
        )

    def unfold(self, job: Job, items: Sequence[Mapping[str, Any]], *, text: str) -> Job | None:
        """From the one item that stood for others to those: shown as the next `seq`, with `text`.

        None when somebody else was first, or when the job is not running any more.
        """
        input_hash = hash_request(job.kind, items)
        self.store_input(job.job_id, input_hash, items)
        return self._step(
            job.job_id,
            f"{_SHOW}, lastEmitAt = :now, watchedAt = :now, totalItems = :total, inputHash = :hash, "
            "dispatched = :dispatched REMOVE unfolds",
            {
                ":frames": 1,
                ":now": self._clock(),
                ":processed": 0,
                ":failed": 0,
                ":text": text,
                ":total": len(items),
                ":hash": input_hash,
                # The one chunk that there is has been sent: it is being worked on.
                ":dispatched": len(items) <= CHUNK_SIZE,
                ":running": Status.RUNNING,
                ":true": True,
            },
            "#status = :running AND unfolds = :true",
        )

    # reading

    def get(self, job_id: str) -> Job | None:
        """The job as last shown, read strongly; None when there is none or it has expired."""
        item = self._table.get(job_key(job_id), "META")
        return _job(item) if item else None

    def watch(self, job_id: str) -> Job | None:
        """Counts one more subscription and returns the job as it stands then: one atomic step, so that a state is
        either in this answer or shown by a publisher who sees the new count. None for an unknown job."""
        try:
            item = self._table.update(
                job_key(job_id),
                "META",
                "SET watchers = watchers + :one",
                {":one": 1, ":now": self._clock() // 1000},
                condition="attribute_exists(pk) AND #ttl > :now",
                names={"#ttl": "ttl"},
            )
        except ConditionFailedError:
            return None
        return _job(item)

    # showing

    def emit(
        self, job_id: str, totals: Totals, *, text: str, work_id: str | None, window_ms: int
    ) -> Emission:
        """Commits a new state to be shown, as the next `seq`.

        Refused when another frame was shown less than `window_ms` ago, when a later state has been shown already, or
        when the job is not running.
        """
        now = self._clock()
        try:
            item = self._update(
                job_id,
                f"{_SHOW}, currentWorkId = :work, lastEmitAt = :now",
                {
                    ":frames": 1,
                    ":now": now,
                    ":processed": totals.processed,
                    ":failed": totals.failed,
                    ":text": text,
                    ":work": work_id or "",
                    ":running": Status.RUNNING,
                    ":before": now - window_ms,
                },
                "#status = :running AND lastEmitAt <= :before AND processedItems <= :processed",
            )
        except ConditionFailedError as refused:
            return Emission(job=_job(refused.item) if refused.item else None, committed=False)
        return Emission(job=_job(item), committed=True)

    def finish(
        self,
        job_id: str,
        status: Status,
        totals: Totals,
        *,
        text: str,
        counted: int | None = None,
        error: str | None = None,
        if_unfolds: bool = False,
    ) -> Job | None:
        """Moves a job to its end. The one caller that wins gets the job and must announce it.

        `counted` says which items `totals` are of, for a job that ends before all are: no other is in its results.
        Refused (None) when the job has ended, or when a state with higher counts has been shown; with `if_unfolds`
        also when its items have become known.
        """
        values: dict[str, Any] = {
            # A failure takes two frames: a progress frame with the error, then the terminal one.
            ":frames": 2 if status is Status.FAILED else 1,
            ":now": self._clock(),
            ":processed": totals.processed,
            ":failed": totals.failed,
            ":text": text,
            ":end": status,
            ":waiting": Status.WAITING,
            ":running": Status.RUNNING,
        }
        expression = f"{_SHOW}, finishedAt = :now, #status = :end"
        if error is not None:
            expression += ", #error = :error"
            values[":error"] = error
        if counted is not None:
            expression += ", counted = :counted"
            values[":counted"] = f"{counted:x}"
        condition = "(#status = :waiting OR #status = :running) AND processedItems <= :processed"
        if if_unfolds:
            condition += " AND unfolds = :true"
            values[":true"] = True
        return self._step(job_id, f"{expression} REMOVE currentWorkId", values, condition)

    def mark_announced(self, job_id: str) -> None:
        """Remembers that the terminal frame went out, so that the watchdog need not send it again."""
        self._step(job_id, "SET announced = :true", {":true": True}, "attribute_exists(pk)")

    def acknowledge(self, job_id: str, seq: int, *, principal: str) -> None:
        """Remembers the newest frame that any watcher has; one that was never sent, or of a job that is not
        `principal`'s, is ignored."""
        self._step(
            job_id,
            "SET ackedSeq = :seq",
            {":seq": seq, ":who": principal},
            "#owner = :who AND seq >= :seq AND (attribute_not_exists(ackedSeq) OR ackedSeq < :seq)",
        )

    # watching over

    def note_life(self, job: Job, totals: Totals) -> None:
        """What the watchdog saw, to be compared at its next look: somebody works on the job, or will soon."""
        counted_more = totals.processed > job.watched_items
        self._step(
            job.job_id,
            "SET watchedItems = :items, watchedAt = :now, redispatched = :redispatched",
            {
                ":items": totals.processed,
                ":now": self._clock(),
                ":seen": job.watched_at,
                ":redispatched": 0 if counted_more else job.redispatched,
                ":running": Status.RUNNING,
            },
            "#status = :running AND watchedAt = :seen",
        )

    def note_redispatch(self, job: Job) -> Job | None:
        """Counts one more attempt to get a stalled job going; None when somebody else just did."""
        return self._step(
            job.job_id,
            "SET watchedAt = :now, redispatched = :next",
            {
                ":now": self._clock(),
                ":seen": job.watched_at,
                ":next": job.redispatched + 1,
                ":running": Status.RUNNING,
            },
            "#status = :running AND watchedAt = :seen",
        )

    def _step(self, job_id: str, expression: str, values: dict[str, Any], condition: str) -> Job | None:
        try:
            return _job(self._update(job_id, expression, values, condition))
        except ConditionFailedError:
            return None

    def _update(self, job_id: str, expression: str, values: dict[str, Any], condition: str) -> Item:
        text = expression + condition
        names = {name: name[1:] for name in ("#status", "#error", "#owner") if name in text}
        return self._table.update(
            job_key(job_id), "META", expression, _plain(values), condition=condition, names=names or None
        )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.value if isinstance(value, StrEnum) else value for name, value in values.items()}


def _job(item: Item) -> Job:
    return Job(
        job_id=item["pk"].removeprefix("JOB#"),
        kind=item["kind"],
        status=Status(item["status"]),
        total_items=item["totalItems"],
        request_hash=item["requestHash"],
        input_hash=item.get("inputHash") or item["requestHash"],
        owner=item["owner"],
        created_at=item["createdAt"],
        seq=item["seq"],
        processed_items=item["processedItems"],
        failed_items=item["failedItems"],
        current_status=item["currentStatus"],
        current_work_id=item.get("currentWorkId") or None,
        error=item.get("error"),
        last_emit_at=item["lastEmitAt"],
        started_at=item.get("startedAt"),
        finished_at=item.get("finishedAt"),
        watchers=item["watchers"],
        announced=item.get("announced", False),
        watched_items=item.get("watchedItems", 0),
        watched_at=item.get("watchedAt", 0),
        redispatched=item.get("redispatched", 0),
        traceparent=item.get("traceparent"),
        unfolds=item.get("unfolds") or False,
        dispatched=item.get("dispatched", False),
        acked_seq=item.get("ackedSeq"),
        counted=int(item["counted"], 16) if "counted" in item else None,
    )
