"""The project's own client and command line against the running system."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import signal
import subprocess
import sys
from pathlib import Path

import bookstrack
from bookstrack import Update
from tests.e2e.conftest import System, new_id
from tests.waiting import until, wait_until


def bookstrack_command(system: System, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "bookstrack", "--url", system.stack.url, *arguments]


async def test_a_job_is_iterated_over_and_awaited(system: System, work_ids: list[str]) -> None:
    """The whole API for most users."""
    async with bookstrack.connect(system.stack.url) as client:
        job = await client.enrich(work_ids[:60])
        updates = [update async for update in job]
        result = await job.result()

    assert ("completed", 60) == (updates[-1].status, updates[-1].processed)
    assert sorted({update.seq for update in updates}) == [update.seq for update in updates]
    assert 60 == len(result.items) == result.found + result.not_found + result.failed
    assert work_ids[:60] == [item.work_id for item in result.items]


async def test_states_in_the_compact_encoding_are_the_same(system: System, work_ids: list[str]) -> None:
    """But for what a compact one does not tell; and the totals are known from the first state on."""
    url = system.stack.url
    async with bookstrack.connect(url) as full, bookstrack.connect(url, encoding="compact") as short:
        started = await short.enrich(work_ids[:60])
        watched = await full.watch(started.job_id)
        by_short, by_full = await asyncio.gather(all_of(started), all_of(watched))

    assert {60} == {update.total for update in by_short}
    assert "completed" == by_short[-1].status
    known = {update.seq: told_by_both(update) for update in by_full}
    both = [told_by_both(update) for update in by_short if update.seq in known]
    assert by_short[-1].seq == both[-1].seq
    assert [known[update.seq] for update in both] == both


async def all_of(job: bookstrack.Job | bookstrack.ScanJob) -> list[Update]:
    return [update async for update in job]


def told_by_both(update: Update) -> Update:
    """The time left is a guess of the moment, and in whole seconds there."""
    return dataclasses.replace(update, timestamp=0, current_work_id=None, eta=None)


async def test_the_end_is_acknowledged_on_record(system: System, work_ids: list[str]) -> None:
    """Whoever started the job can see that somebody has its end."""
    async with bookstrack.connect(system.stack.url) as client:
        job = await client.enrich(work_ids[:10])
        end = [update.seq async for update in job][-1]
        await until(lambda: system.state(job.job_id).get("ackedSeq") == end, what="the acknowledgement")


async def test_without_a_socket_the_record_is_asked_and_says_the_same(
    system: System, work_ids: list[str]
) -> None:
    """Where no WebSocket gets through, the job is followed all the same."""
    nowhere = system.stack.url.replace("http", "ws", 1) + "/no/socket/here"
    async with bookstrack.connect(system.stack.url, socket_url=nowhere) as client:
        job = await client.enrich(work_ids[:60])
        updates = [update async for update in job]

    assert ("completed", 60) == (updates[-1].status, updates[-1].processed)


async def test_a_job_that_has_ended_is_watched_to_its_end(system: System, work_ids: list[str]) -> None:
    """At once."""
    job_id = system.start(work_ids[:5])
    system.wait(job_id)
    async with bookstrack.connect(system.stack.url) as client:
        job = await client.watch(job_id)
        result = await job.result()

    assert isinstance(result, bookstrack.JobResult)
    assert ("completed", 5) == (result.status, len(result.items))


def test_the_command_line_prints_json_and_writes_the_results(
    system: System, work_ids: list[str], tmp_path: Path
) -> None:
    """1,500 works from a file: exact counts; an object a line and nothing else."""
    ids, output = tmp_path / "ids.txt", tmp_path / "results.json"
    ids.write_text("\n".join(work_ids))
    command = bookstrack_command(system, "enrich", "--file", str(ids), "--json", "--output", str(output))

    done = subprocess.run(command, capture_output=True, text=True, timeout=120)

    assert (0, "") == (done.returncode, done.stderr)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    updates = [line for line in lines if line["event"] == "update"]
    result = lines[-1]
    assert sorted({update["seq"] for update in updates}) == [update["seq"] for update in updates]
    assert sorted(update["processed"] for update in updates) == [update["processed"] for update in updates]
    assert 1 == sum(update["status"] == "completed" for update in updates)
    assert 1500 == len(result["items"]) == result["found"] + result["not_found"] + result["failed"]
    assert {**json.loads(output.read_text()), "event": "result"} == result


def test_an_interrupted_watch_says_how_to_go_on(system: System, work_ids: list[str], tmp_path: Path) -> None:
    """Status 130; the job goes on, and the command that it names follows it to its end."""
    ids = tmp_path / "ids.txt"
    ids.write_text("\n".join(work_ids))
    lines = tmp_path / "lines"
    with lines.open("w") as out:
        command = bookstrack_command(system, "enrich", "--file", str(ids), "--json")
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: '"update"' in lines.read_text(), seconds=30, what="an update")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    job_id = json.loads(lines.read_text().splitlines()[0])["job_id"]

    assert 130 == process.returncode
    assert f"watch {job_id}" in said
    assert "Traceback" not in said
    cancelled = subprocess.run(
        bookstrack_command(system, "cancel", job_id, "--json"), capture_output=True, text=True, timeout=60
    )
    assert (0, "cancelled") == (cancelled.returncode, json.loads(cancelled.stdout)["status"])
    watched = subprocess.run(
        bookstrack_command(system, "watch", job_id, "--json"), capture_output=True, text=True, timeout=60
    )
    assert (1, "cancelled") == (watched.returncode, json.loads(watched.stdout.splitlines()[-1])["status"])


def test_a_job_that_nobody_knows_is_told(system: System) -> None:
    """Status 2 and the server's words."""
    done = subprocess.run(
        bookstrack_command(system, "watch", new_id()), capture_output=True, text=True, timeout=60
    )

    assert 2 == done.returncode
    assert "is not known here" in done.stderr
