"""The part of a job's record that counts: chunks and items.

    JOB#id | CHUNK#0007    which items of a chunk are counted (a set), how they came out, who has it
    JOB#id | ITEM#00042    an item's result; written once, never changed

An item's row is written first and only once; it is counted after that, by adding its number to the chunk's set
on condition that it is not there. So whatever is delivered twice or dies half-way, every item counts once, and
what is counted is what the row says.

Who takes a chunk writes that it has `begunAt`, in the update that reads what is counted; who leaves it unfinished takes
that away and writes when it is `dueAt` again. So a chunk that waits in its queue, one that is worked on and one whose
worker died can be told apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from progress.clock import Clock, now_ms
from progress.inputs import Inputs
from progress.job import CHUNK_SIZE, ItemResult, ItemStatus, Job, Totals
from progress.standing import Chunk
from progress.table import ConditionFailedError, Item, Table, job_key


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A chunk in a worker's hands."""

    chunk: int
    items: Mapping[int, Mapping[str, Any]]
    """Those that are not counted yet, by their number in the job."""
    begun_at: int
    abandoned: bool
    """Who had it before left no word: it died, or still works on it."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What is counted at one moment."""

    totals: Totals
    items: int
    """Which: bit n stands for item n."""


class Counting:
    """The chunks and items of one table's jobs."""

    def __init__(self, table: Table, *, ttl_seconds: int, clock: Clock = now_ms) -> None:
        self._table = table
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._inputs = Inputs(table)

    def store_input(
        self,
        job_id: str,
        request_hash: str,
        items: Sequence[Mapping[str, Any]],
        rejected: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Writes what a job is to work on, and what of the request became no item."""
        self._inputs.store(job_id, request_hash, items, rejected, expires=self._expires())

    def rejected(self, job: Job) -> list[dict[str, Any]]:
        """What the request held that became no item."""
        return list(self._inputs.rejected(job.job_id, job.request_hash))

    # a chunk

    def take(self, job: Job, chunk: int) -> Taken:
        """Begins a chunk, and reads what is left of it."""
        stored = self._inputs.chunk(job.job_id, job.input_hash, chunk)
        row = self._table.update(
            job_key(job.job_id),
            _chunk_key(chunk),
            "SET begunBefore = if_not_exists(begunAt, :never), begunAt = :now, #ttl = :ttl REMOVE dueAt",
            {":never": 0, ":now": self._clock(), ":ttl": self._expires()},
            names={"#ttl": "ttl"},
        )
        return Taken(
            chunk=chunk,
            items=_left(stored, chunk, row),
            begun_at=row["begunAt"],
            abandoned=row["begunBefore"] > 0,
        )

    def leave(self, job: Job, taken: Taken, *, after_seconds: int) -> None:
        """Gives an unfinished chunk back to its queue, unless somebody else has it by now."""
        try:
            self._table.update(
                job_key(job.job_id),
                _chunk_key(taken.chunk),
                "SET dueAt = :due REMOVE begunAt",
                {":due": self._clock() + after_seconds * 1000, ":mine": taken.begun_at},
                condition="begunAt = :mine",
            )
        except ConditionFailedError:
            return

    def release(self, job: Job, chunk: Chunk) -> None:
        """Takes a chunk from a worker that died, unless another has taken it."""
        self.leave(
            job,
            Taken(chunk=chunk.number, items={}, begun_at=chunk.begun_at or 0, abandoned=True),
            after_seconds=0,
        )

    def remaining(self, job: Job, chunk: int) -> dict[int, dict[str, Any]]:
        """The items of a chunk that are not yet counted, by their number in the job."""
        stored = self._inputs.chunk(job.job_id, job.input_hash, chunk)
        return _left(stored, chunk, self._table.get(job_key(job.job_id), _chunk_key(chunk)))

    def record(self, job_id: str, index: int, work_id: str, result: ItemResult) -> bool:
        """Writes an item's result, unless it has one, and counts it, unless it is counted.

        Returns whether this call counted it.
        """
        row: Item = {
            "pk": job_key(job_id),
            "sk": _item_key(index),
            "workId": work_id,
            "status": result.status.value,
            "detail": json.dumps(result.detail, ensure_ascii=False, separators=(",", ":")),
            "ttl": self._expires(),
        }
        status = result.status
        try:
            self._table.put(row, unless_exists=True)
        except ConditionFailedError as failed:
            if failed.item is None:
                raise
            # Somebody was here before, and may have died before counting: what stands is what counts.
            status = ItemStatus(failed.item["status"])
        try:
            self._table.update(
                job_key(job_id),
                _chunk_key(index // CHUNK_SIZE),
                "SET #ttl = :ttl ADD done :set, n :one, failed :failed",
                {
                    ":set": {index},
                    ":index": index,
                    ":one": 1,
                    ":failed": int(status is ItemStatus.FAILED),
                    ":ttl": row["ttl"],
                },
                condition="attribute_not_exists(done) OR NOT contains(done, :index)",
                names={"#ttl": "ttl"},
            )
        except ConditionFailedError:
            return False
        return True

    # all of them

    def totals(self, job_id: str) -> Totals:
        """Counts of all chunks, read strongly."""
        processed = failed = 0
        for row in self._rows(job_id, "n", "failed"):
            processed += row.get("n", 0)
            failed += row.get("failed", 0)
        return Totals(processed=processed, failed=failed)

    def counted(self, job_id: str) -> Counted:
        """Counts of all chunks and which items they are of, in one strong reading."""
        processed = failed = items = 0
        for row in self._rows(job_id, "n", "failed", "done"):
            processed += row.get("n", 0)
            failed += row.get("failed", 0)
            for number in row.get("done", ()):
                items |= 1 << number
        return Counted(totals=Totals(processed=processed, failed=failed), items=items)

    def chunks(self, job: Job) -> list[Chunk]:
        """How each chunk of a job stands, in order."""
        rows = {_number(row["sk"]): row for row in self._rows(job.job_id, "n", "failed", "begunAt", "dueAt")}
        return [_chunk(job, number, rows.get(number, {})) for number in range(job.chunks)]

    def results(self, job: Job, *, after: int | None, limit: int) -> Iterator[dict[str, Any]]:
        """Up to `limit` results in the order of the items, behind item number `after`.

        Of a job that was ended before all was done they are exactly those that its record counts: what a worker
        finished while the job was being ended is left out.
        """
        found = 0
        last = _item_key(after) if after is not None else None
        while found < limit:
            wanted = limit - found
            rows = list(self._table.query(job_key(job.job_id), "ITEM#", after=last, limit=wanted))
            for row in rows:
                number = _number(row["sk"])
                if job.counts(number):
                    found += 1
                    yield {
                        "index": number,
                        "workId": row["workId"],
                        "status": row["status"],
                        **json.loads(row["detail"]),
                    }
            if len(rows) < wanted:
                return
            last = rows[-1]["sk"]

    def _rows(self, job_id: str, *attributes: str) -> Iterator[Item]:
        return self._table.query(job_key(job_id), "CHUNK#", attributes=attributes)

    def _expires(self) -> int:
        return self._clock() // 1000 + self._ttl_seconds


def _left(
    stored: Iterator[dict[str, Any]], chunk: int, row: Mapping[str, Any] | None
) -> dict[int, dict[str, Any]]:
    done = (row or {}).get("done", ())
    return {
        number: item for number, item in enumerate(stored, start=chunk * CHUNK_SIZE) if number not in done
    }


def _chunk(job: Job, number: int, row: Mapping[str, Any]) -> Chunk:
    return Chunk(
        number=number,
        size=min(CHUNK_SIZE, job.total_items - number * CHUNK_SIZE),
        counted=row.get("n", 0),
        failed=row.get("failed", 0),
        begun_at=row.get("begunAt"),
        due_at=row.get("dueAt"),
    )


def _chunk_key(chunk: int) -> str:
    return f"CHUNK#{chunk:04}"


def _item_key(index: int) -> str:
    return f"ITEM#{index:05}"


def _number(sort_key: str) -> int:
    return int(sort_key.rpartition("#")[2])
