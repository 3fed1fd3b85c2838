"""What a run took, read from what the emulator, its store and the system wrote down. Pure."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from benchmarks.costs import Usage
from benchmarks.delivery.watchers import Sight, Watched

_REPORT = re.compile(r"Billed Duration: (\d+) ms\tMemory Size: (\d+) MB")
_MESSAGE_BYTES = 32 * 1024
_SHOWING = {"Query CHUNK", "Query CONN", "UpdateItem META", "GetItem META"}
SERVING = ("ConnectFunction", "MessageFunction", "DisconnectFunction", "JobsFunction")
"""The functions that run for those who watch, and for nobody else."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """All of one run."""

    requests: Sequence[Mapping[str, Any]]
    """The store's record (`local_emulator.store.server.record`)."""
    log: Sequence[Mapping[str, Any]]
    """The emulator's log."""
    cpu: Mapping[str, float]
    """Seconds of processor, by process: a function's name, `emulator`, `store`."""
    watched: Sequence[Watched] = ()
    invocations: Counter[str] = field(init=False)
    gb_seconds: dict[str, float] = field(init=False)

    def __post_init__(self) -> None:
        counts: Counter[str] = Counter()
        used: dict[str, float] = {}
        for line in self.log:
            found = _REPORT.search(str(line.get("message", "")))
            if found:
                name = str(line["function"])
                counts[name] += 1
                used[name] = used.get(name, 0.0) + int(found[1]) / 1000 * int(found[2]) / 1024
        object.__setattr__(self, "invocations", counts)
        object.__setattr__(self, "gb_seconds", used)

    def frames(self, kind: str) -> list[int]:
        """Sizes of the frames out (`frame_out`) or in (`frame_in`)."""
        return [int(line["size"]) for line in self.log if line.get("kind") == kind]

    def counted(self) -> list[float]:
        """When each item was counted, in that order: when the store had answered the write that counts it."""
        return sorted(line["at"] for line in self.requests if counts(line))

    def shown(self) -> list[float]:
        """When each write to the job's own row was answered, those that commit a state to be shown among them."""
        return sorted(
            line["at"]
            for line in self.requests
            if line["operation"] == "UpdateItem" and line["status"] == 200 and row(line) == "META"
        )

    def operations(self) -> Counter[str]:
        """How many requests of each kind: service, operation and kind of row, such as `dynamodb UpdateItem CHUNK`.

        Empty receives are told apart: they come with time and not with work.
        """
        return Counter(_kind(line) for line in self.requests)

    def units(self) -> tuple[float, float]:
        """DynamoDB's write and read units."""
        return (
            sum(line.get("write", 0) for line in self.requests),
            sum(line.get("read", 0) for line in self.requests),
        )

    def usage_of_watchers(self, jobs: int = 1) -> Usage:
        """What would be paid for because of those who watch: without the table and the queue, and without the worker's
        time, which posting hardly lengthens, since it goes on beside the work."""
        whole = self.usage()
        return Usage(
            websocket_messages=whole.websocket_messages,
            connection_minutes=whole.connection_minutes,
            http_requests=whole.http_requests - jobs,
            invocations=sum(self.invocations[name] for name in SERVING),
            gb_seconds=sum(self.gb_seconds.get(name, 0.0) for name in SERVING),
            bytes_out=whole.bytes_out,
        )

    def usage(self) -> Usage:
        """What would be paid for."""
        write, read = self.units()
        sizes = [*self.frames("frame_out"), *self.frames("frame_in")]
        return Usage(
            websocket_messages=sum(max(1, -(-size // _MESSAGE_BYTES)) for size in sizes),
            connection_minutes=sum(each.seconds for each in self.watched if each.frames_in) / 60,
            http_requests=sum(line.get("kind") == "http" for line in self.log),
            invocations=sum(self.invocations.values()),
            gb_seconds=sum(self.gb_seconds.values()),
            write_units=write,
            read_units=read,
            sqs_requests=sum(line["service"] == "sqs" and not _empty(line) for line in self.requests),
            bytes_out=sum(each.wire.received for each in self.watched),
        )


def counts(line: Mapping[str, Any]) -> bool:
    """Whether a request counted an item."""
    return line["status"] == 200 and _would_count(line)


def _would_count(line: Mapping[str, Any]) -> bool:
    # A chunk's row is updated when it is taken and given back, too.
    return row(line) == "CHUNK" and "ADD done" in line.get("update", "")


def row(line: Mapping[str, Any]) -> str:
    """The kind of row that a request is about: `META`, `CHUNK`, `ITEM`, `CONN`, `CACHE`… or nothing."""
    partition, _, sort = str(line.get("key", "")).partition("|")
    kind = partition.partition("#")[0]
    if kind == "JOB":
        return sort.partition("#")[0]
    return f"CONN/{sort.partition('#')[0]}" if kind == "CONN" else kind


def lines(text: str) -> list[dict[str, Any]]:
    """The JSON objects among the lines of a text; other lines (a banner, a function's own output) are left out."""
    found = []
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                value = json.loads(line)
            except ValueError:
                continue
            found.append(value)
    return found


def latencies(counted: Sequence[float], watched: Watched) -> list[float]:
    """For each item: milliseconds from when it was counted until the client had a state with it."""
    times = []
    sights = iter(watched.sights)
    sight = next(sights, None)
    for number, at in enumerate(counted, start=1):
        while sight is not None and sight.processed < number:
            sight = next(sights, None)
        if sight is None:
            break
        times.append((sight.at - at) * 1000)
    return times


def hops(shown: Iterable[float], watched: Watched) -> list[float]:
    """For each frame: milliseconds from when the newest state was committed until the client had it."""
    commits = sorted(shown)
    times = []
    position = 0
    for sight in watched.sights:
        while position < len(commits) and commits[position] <= sight.at:
            position += 1
        if position:
            times.append((sight.at - commits[position - 1]) * 1000)
    return times


def trips(account: Account, watched: Watched) -> list[float]:
    """For each state with a new item: how many requests to the table were answered between the counting of that item
    and the client's having it, those that look up and count other items left out. For a job with one worker these come
    one after the other."""
    counted = account.counted()
    asked = sorted(line["at"] for line in account.requests if f"{line['operation']} {row(line)}" in _SHOWING)
    return [
        float(bisect_right(asked, sight.at) - bisect_right(asked, counted[sight.processed - 1]))
        for before, sight in pairwise([Sight(0, 0), *watched.sights])
        if before.processed < sight.processed <= len(counted)
    ]


def posts(watched: Watched) -> list[float]:
    """For each frame that says so: milliseconds from when it was made, just before it was posted, until the client
    had it. The frame's own time is in whole milliseconds, rounded down: half of one is taken off."""
    return [sight.at * 1000 - sight.stamped - 0.5 for sight in watched.sights if sight.stamped is not None]


def _kind(line: Mapping[str, Any]) -> str:
    if _empty(line):
        return "sqs ReceiveMessage of nothing"
    if row(line) == "CHUNK" and line["operation"] == "UpdateItem":
        return f"{line['service']} UpdateItem CHUNK{'' if _would_count(line) else ' taken or left'}"
    return f"{line['service']} {line['operation']} {row(line)}".strip()


def _empty(line: Mapping[str, Any]) -> bool:
    return line["operation"] == "ReceiveMessage" and not line["items"]
