"""What must hold when something breaks: messages repeat, sockets drop, connections are gone, jobs are cancelled."""

from __future__ import annotations

import asyncio
import json

import pytest

import bookstrack
from tests.e2e.conftest import System, frames_until_the_end, new_id
from tests.e2e.faults import check_exact
from tests.e2e.proxy import cutting_proxy
from tests.waiting import wait_until


def test_every_message_delivered_twice_counts_once(system: System, work_ids: list[str]) -> None:
    """SQS promises at least once; here it is twice, at once."""
    works = work_ids[:150]
    job_id = new_id()
    queue = system.stack.emulator["outputs"]["WorkQueueUrl"]
    with system.listen(job_id) as socket:
        system.start(works, job_id)
        for chunk in range(6):
            body = json.dumps({"jobId": job_id, "chunk": chunk})
            system.client("sqs").send_message(QueueUrl=queue, MessageBody=body)
        frames = frames_until_the_end(socket)

    assert 150 == frames[-1]["data"]["processedItems"]
    assert 1 == sum(frame["type"] == "complete" for frame in frames)
    check_exact(system, job_id, works)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_client_whose_socket_drops_at_random_sees_the_true_end(
    impatient_system: System, work_ids: list[str], seed: int
) -> None:
    """It connects again, is shown the state, and never sees progress go back."""
    works = work_ids[:200]
    async with cutting_proxy(impatient_system.stack.emulator["port"]) as proxy:
        cutting = asyncio.create_task(proxy.cut_at_random(seed, longest=1.0))
        try:
            async with bookstrack.connect(proxy.url) as client:
                job = await client.enrich(works)
                counts = [update.processed async for update in job]
                result = await job.result()
        finally:
            cutting.cancel()

    assert proxy.cuts
    assert counts == sorted(counts)
    assert ("completed", 200) == (result.status, len(result.items))
    assert 200 == result.found + result.not_found + result.failed
    check_exact(impatient_system, job.job_id, works)


def test_a_connection_that_is_gone_is_forgotten_and_the_others_still_receive(
    system: System, work_ids: list[str]
) -> None:
    """One that vanished without a $disconnect: its rows are there, its socket is not."""
    job_id = new_id()
    table = system.stack.emulator["outputs"]["TableName"]
    gone = "L0SM9cOFvHcCIhw="
    stage = system.stack.url.replace("http://", "https://") + "/prod"
    for partition, sort in ((f"JOB#{job_id}", f"CONN#{gone}"), (f"CONN#{gone}", "META")):
        system.client("dynamodb").put_item(
            TableName=table,
            Item={
                "pk": {"S": partition},
                "sk": {"S": sort},
                "endpoint": {"S": stage},
                "principal": {"S": ""},
                "connectedAt": {"N": "1"},
                "ttl": {"N": "9999999999"},
            },
        )
    with system.listen(job_id) as socket:
        system.start(work_ids[:30], job_id)
        frames = frames_until_the_end(socket)

    assert "complete" == frames[-1]["type"]
    assert [] == system.rows(f"CONN#{gone}")
    assert [] == [row for row in system.rows(f"JOB#{job_id}") if row["sk"]["S"] == f"CONN#{gone}"]


def test_a_closed_socket_leaves_no_row_behind(system: System) -> None:
    """$disconnect forgets the connection and all that it watched."""
    job_id = new_id()
    with system.listen(job_id):
        rows = [row["sk"]["S"] for row in system.rows(f"JOB#{job_id}")]
    (connection,) = rows

    wait_until(lambda: not system.rows(f"JOB#{job_id}"), what="$disconnect")
    assert [] == system.rows(connection)


def test_cancelling_ends_the_job_at_every_device(system: System, work_ids: list[str]) -> None:
    """One terminal frame each, and no result is counted after it."""
    job_id = new_id()
    with system.listen(job_id) as first, system.listen(job_id) as second:
        system.start(work_ids, job_id)
        wait_until(lambda: system.state(job_id)["processedItems"] > 0, what="the work")
        first.send(json.dumps({"type": "cancel", "jobId": job_id}))
        ends = [frames_until_the_end(socket) for socket in (first, second)]
    state = system.state(job_id)

    assert ["cancelled", "cancelled"] == [frames[-1]["type"] for frames in ends]
    assert "cancelled" == state["status"]
    assert state["processedItems"] == len(system.results(job_id))
    assert state == system.http.post(f"/api/jobs/{job_id}/cancel").json()


def test_every_row_expires(system: System, work_ids: list[str]) -> None:
    """Nothing is kept for ever."""
    job_id = new_id()
    with system.listen(job_id) as socket:
        system.start(work_ids[:30], job_id)
        frames_until_the_end(socket)

        assert [] == [row["sk"]["S"] for row in system.rows(f"JOB#{job_id}") if "ttl" not in row]
