"""Workers that die, that come too late, and that have no time: every work counts once, every job ends."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress

from tests.e2e.conftest import System, frames_until_the_end, new_id
from tests.e2e.faults import catalogue, check_exact, faults, messages_in
from tests.e2e.processes import function_processes
from tests.waiting import wait_until

WORKER = {"where": "function", "match": {"function": "EnrichChunkFunction"}}


def test_a_worker_killed_in_the_middle_of_a_chunk_costs_nothing(
    impatient_system: System, work_ids: list[str]
) -> None:
    """Its message comes back; what it had counted stays counted once."""
    system, works = impatient_system, work_ids[500:600]
    job_id = new_id()
    with system.listen(job_id) as socket:
        system.start(works, job_id)
        wait_until(lambda: system.state(job_id)["processedItems"] > 5, what="the work")
        killed = function_processes(system.stack.emulator["pid"], "enrich_chunk.handler")
        for pid in killed:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        frames = frames_until_the_end(socket, seconds=90)

    assert killed
    assert "complete" == frames[-1]["type"]
    assert 1 == sum(frame["type"] == "complete" for frame in frames)
    check_exact(system, job_id, works)


def test_a_chunk_whose_workers_all_die_fails_and_its_redrive_changes_nothing(
    impatient_system: System, work_ids: list[str]
) -> None:
    """Five receives, the dead-letter queue, failures that say why, and the job's end; then the operator's redrive."""
    system, works = impatient_system, work_ids[600:620]
    job_id = new_id()
    with faults(system, {**WORKER, "action": "kill", "times": 5}):
        system.start(works, job_id)
        state = check_exact(system, job_id, works)

    assert 20 == state["failedItems"]
    assert {"Given up after several attempts"} == {row["error"] for row in system.results(job_id)}
    wait_until(lambda: messages_in(system, "DeadLetterQueueUrl") == 0, what="the dead letter")

    body = json.dumps({"jobId": job_id, "chunk": 0, "kind": "enrichment"})
    queue = system.stack.emulator["outputs"]["WorkQueueUrl"]
    system.client("sqs").send_message(QueueUrl=queue, MessageBody=body)
    wait_until(lambda: messages_in(system, "WorkQueueUrl") == 0, what="the redrive")

    assert state == system.state(job_id)
    assert 20 == len(system.results(job_id))


def test_a_job_without_a_free_worker_says_so_and_is_done_when_there_is_one(
    impatient_system: System, work_ids: list[str]
) -> None:
    """Lambda's concurrency is used up by others, say: nothing fails for that."""
    system, works = impatient_system, work_ids[620:650]
    job_id = new_id()
    with faults(system, {**WORKER, "action": "throttle"}):
        system.start(works, job_id)
        wait_until(
            lambda: system.state(job_id)["currentStatus"] == "Waiting for a free worker",
            seconds=30,
            what="the watchdog",
        )
        assert "running" == system.state(job_id)["status"]

    assert 0 == check_exact(system, job_id, works)["failedItems"]


def test_workers_with_too_little_time_hand_their_chunks_on(
    impatient_system: System, work_ids: list[str]
) -> None:
    """Each has eight seconds, each chunk takes longer: nothing is lost, nothing counts twice, nobody times out."""
    system, works = impatient_system, work_ids[650:710]
    job_id = new_id()
    with catalogue(system, latency=1.5), system.listen(job_id) as socket:
        system.start(works, job_id)
        frames = frames_until_the_end(socket, seconds=110)

    assert "complete" == frames[-1]["type"]
    assert 0 == check_exact(system, job_id, works)["failedItems"]
    lines = [line for line in system.log.read_text(errors="replace").splitlines() if job_id in line]
    assert [line for line in lines if '"HAND_ON"' in line]
