"""What must hold after any schedule. Pure: from what was observed to the promises that were broken.

Each rule is a generator of what is wrong, registered under the name of its promise in docs/guarantees.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.chaos.devices import State
from tests.chaos.run import Observed, state_of_row
from tests.chaos.schedule import found_nowhere

_CHUNK = 25
_YOUNG_SECONDS = 5.0
"""A connection younger than that is not given up for one 410."""
_UNSURE_SECONDS = 1.0
"""How far apart the clocks of the rows and the moments at which connections are looked at may be."""

_ROW_KEEPERS = ("ConnectFunction", "DisconnectFunction")

_WIRES = ("post", "frame_in", "frame_out", "connect", "function", "http")
"""Where a fault may keep a frame from a socket that listens, or its news from the test."""


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A promise that did not hold."""

    promise: str
    what: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.what}"


Rule = Callable[[Observed], Iterator[str]]
_RULES: list[tuple[str, Rule]] = []


def broken_promises(seen: Observed) -> list[Broken]:
    """All of them; none if everything held."""
    if seen.first_end is None:
        state = seen.record.get("status"), seen.record.get("processedItems"), seen.record.get("totalItems")
        return [Broken(promise="every job ends", what=f"it did not in time; its record says {state}")]
    return [Broken(promise=promise, what=what) for promise, rule in _RULES for what in rule(seen)]


def _promise(name: str) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        _RULES.append((name, rule))
        return rule

    return register


@_promise("nothing unexpected")
def _no_mishaps(seen: Observed) -> Iterator[str]:
    yield from seen.mishaps


@_promise("every job ends once")
def _one_end(seen: Observed) -> Iterator[str]:
    """The record's end, once written, stays; and a socket is told of one end, with nothing newer after it."""
    end, now = seen.first_end, State.of_record(seen.record) if seen.record else None
    if end != now:
        yield f"the record said {end}, and later {now}"
    for number, journal in enumerate(seen.journals):
        ends = {state for state in journal.frames if state.terminal}
        if len(ends) > 1:
            yield f"device {number} was told of {len(ends)} ends: {sorted(ends, key=lambda state: state.seq)}"
        newer = [state for state in journal.frames if ends and state.seq > min(state.seq for state in ends)]
        if newer:
            yield f"device {number} was told of {newer[0]} after the end {min(ends, key=lambda end: end.seq)}"


@_promise("every item counts once")
def _counts(seen: Observed) -> Iterator[str]:
    """A chunk's number is that of the items in its set, its failures those of their rows; a completed job has them
    all, and its record says as many."""
    items = _items(seen)
    processed = failed = 0
    for chunk, row in _chunks(seen):
        # Of one that was taken, and of which nothing is counted yet, there is no more than that.
        done = {int(number) for number in row.get("done", {"NS": []})["NS"]}
        counts, failures = (int(row.get(name, {"N": "0"})["N"]) for name in ("n", "failed"))
        processed, failed = processed + counts, failed + failures
        if counts != len(done):
            yield f"chunk {chunk} counts {counts} items, and names {len(done)}"
        if not done <= set(range(chunk * _CHUNK, (chunk + 1) * _CHUNK)):
            yield f"chunk {chunk} names items of others: {sorted(done)}"
        if missing := done - items.keys():
            yield f"chunk {chunk} counts {sorted(missing)}, which have no row"
        found = sum(items[number]["status"]["S"] == "failed" for number in done & items.keys())
        if failures != found:
            yield f"chunk {chunk} counts {failures} failures; {found} of its rows are failures"
    said = seen.record.get("processedItems"), seen.record.get("failedItems")
    if seen.record.get("status") == "completed" and said != (len(seen.works), failed):
        yield f"the record says {said}; {len(seen.works)} works have {failed} failures"
    if (said[0] or 0) > processed:
        yield f"the record says {said[0]} of {processed} that are counted"


@_promise("progress never goes back")
def _never_back(seen: Observed) -> Iterator[str]:
    """At no device that applies the rule; and one `seq` is one state, for all of them."""
    for number, journal in enumerate(seen.journals):
        for view in journal.views:
            for before, after in pairwise(view):
                newer = after.seq > before.seq or (after.seq == before.seq and after.status != before.status)
                if not newer or after.processed < before.processed:
                    yield f"device {number} ({journal.device.client}) was shown {after} after {before}"
    by_seq: dict[int, set[tuple[int, int, int]]] = defaultdict(set)
    for state in _all_states(seen):
        by_seq[state.seq].add((state.processed, state.total, state.failed))
        if not 0 <= state.failed <= state.processed <= state.total:
            yield f"impossible: {state}"
    for seq, states in sorted(by_seq.items()):
        if len(states) > 1:
            yield f"seq {seq} is {len(states)} states: {sorted(states)}"
    for (seq, before_states), (later, after_states) in pairwise(sorted(by_seq.items())):
        if max(before_states)[0] > min(after_states)[0]:
            yield f"seq {later} has processed fewer than seq {seq}: {after_states} after {before_states}"


@_promise("an acknowledgement is of what was shown")
def _acknowledged(seen: Observed) -> Iterator[str]:
    acked, shown = seen.record.get("ackedSeq", 0), seen.record.get("seq", 0)
    if acked > shown:
        yield f"the record says that {acked} is acknowledged; {shown} is the newest"


@_promise("every client sees the true end")
def _true_end(seen: Observed) -> Iterator[str]:
    for number, journal in enumerate(seen.journals):
        if journal.left:
            continue
        if not journal.ended:
            latest = journal.shown[-1] if journal.shown else None
            yield f"device {number} ({journal.device}) never saw it: {latest}, {journal.problems[-3:]}"
        elif journal.shown[-1] != seen.first_end:
            yield f"device {number} ({journal.device.client}) saw {journal.shown[-1]}, the truth is {seen.first_end}"


@_promise("nothing is missed between connecting and listening")
def _told(seen: Observed) -> Iterator[str]:
    """Where nothing was wrong with the wires, whoever listened at the end was told of it on the socket."""
    if seen.schedule.strokes or any(rule["where"] in _WIRES for rule in seen.schedule.rules):
        return
    for number, journal in enumerate(seen.journals):
        listened = any(journal is listener for listener in seen.listened_at_end)
        if listened and not journal.left and not any(state.terminal for state in journal.frames):
            yield f"device {number} listened, and no frame told it of the end: {journal.frames[-3:]}"


@_promise("results are complete and in order")
def _results(seen: Observed) -> Iterator[str]:
    """As many as the record counts, however the job ended: those of the works, in their order."""
    numbers = [result["index"] for result in seen.results]
    if numbers != sorted(set(numbers)):
        yield f"results are out of order or twice there: {numbers}"
    failures = sum(result["status"] == "failed" for result in seen.results)
    said = seen.record.get("processedItems"), seen.record.get("failedItems")
    if said != (len(numbers), failures):
        yield f"{len(numbers)} results with {failures} failures, where the record says {said}"
    for result in seen.results:
        if seen.works[result["index"]] != result["workId"]:
            yield f"result {result['index']} is {result['workId']}'s, not {seen.works[result['index']]}'s"
        missing = result["status"] == "not_found"
        if result["status"] != "failed" and missing != (result["workId"] in found_nowhere()):
            yield f"{result['workId']} is {result['status']}: not what the providers know"
    for number, journal in enumerate(seen.journals):
        if journal.results is not None and list(journal.results) != _told_of(seen.results):
            yield f"device {number} read {len(journal.results)} results at the end, there are {len(numbers)}"


def _told_of(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"workId": result["workId"], "status": result["status"]} for result in results]


@_promise("nothing stays for ever")
def _expiry(seen: Observed) -> Iterator[str]:
    for row in [*seen.rows, *seen.left_behind]:
        if "ttl" not in row:
            yield f"{row['pk']['S']} {row['sk']['S']} has no ttl"


@_promise("a closed socket leaves no row")
def _no_rows_of_closed_sockets(seen: Observed) -> Iterator[str]:
    """Where $disconnect could do its work. Whatever it could do: a connection that was gone before the last frame was
    posted, and old enough to be believed dead, is forgotten by that post."""
    excused = sum(struck for rule, struck in _strikes(seen) if _hinders_disconnect(rule))
    killed = any(stroke.path.endswith(_ROW_KEEPERS) for stroke in seen.schedule.strokes)
    left = {_connection_of(row) for row in seen.left_behind}
    if len(left) > excused and not killed:
        rows = [f"{row['pk']['S']} {row['sk']['S']}" for row in seen.left_behind]
        yield f"{len(left)} closed connections have rows, {excused} faults explain: {rows}"
    if any(rule["where"] == "post" for rule in seen.schedule.rules):
        return
    finished = int(_meta(seen).get("finishedAt", {"N": "0"})["N"]) / 1000
    for row in seen.left_behind:
        connection = _connection_of(row)
        old = (
            int(row.get("connectedAt", {"N": "0"})["N"]) / 1000 < finished - _YOUNG_SECONDS - _UNSURE_SECONDS
        )
        gone = seen.alive_until.get(connection, finished) < finished - _UNSURE_SECONDS
        if row["pk"]["S"].startswith("JOB#") and old and gone:
            yield f"{connection} was gone long before the last frame, and is not forgotten"


@_promise("what is given up is shown as failed")
def _dead_letters(seen: Observed) -> Iterator[str]:
    """No message is left anywhere: what came to the dead-letter queue has been taken out and counted."""
    left = {queue: number for queue, number in seen.messages.items() if number}
    if left:
        yield f"messages are left: {left}"


def _items(seen: Observed) -> dict[int, dict[str, Any]]:
    return {int(row["sk"]["S"][5:]): row for row in seen.rows if row["sk"]["S"].startswith("ITEM#")}


def _chunks(seen: Observed) -> list[tuple[int, dict[str, Any]]]:
    return [(int(row["sk"]["S"][6:]), row) for row in seen.rows if row["sk"]["S"].startswith("CHUNK#")]


def _meta(seen: Observed) -> dict[str, Any]:
    return next((row for row in seen.rows if row["sk"]["S"] == "META"), {})


def _all_states(seen: Observed) -> Iterator[State]:
    for journal in seen.journals:
        yield from journal.frames
        yield from (state for view in journal.views for state in view)
    yield state_of_row(_meta(seen))


def _strikes(seen: Observed) -> Iterator[tuple[Any, int]]:
    for rule in seen.schedule.rules:
        yield rule, seen.struck.get(rule["name"], ("", 0))[1]


def _hinders_disconnect(rule: Any) -> bool:
    """A $disconnect that did not run, or a $connect whose answer was lost: API Gateway tries neither again."""
    functions = rule.get("match", {}).get("function", "")
    at_function = rule["where"] == "function" and functions in _ROW_KEEPERS
    return at_function or (rule["where"] == "table" and rule["action"] in ("throttle", "fail"))


def _connection_of(row: Any) -> str:
    key = row["pk"]["S"] if row["pk"]["S"].startswith("CONN#") else row["sk"]["S"]
    return str(key).removeprefix("CONN#")
