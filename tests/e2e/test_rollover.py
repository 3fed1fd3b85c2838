"""API Gateway closes a connection after two hours, here after seconds: a job goes on without a gap."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator

import pytest

import bookstrack
from bookstrack import Update
from tests.e2e.conftest import System, new_id, start_system
from tests.waiting import until

CONNECTION_SECONDS, GOING_AWAY_SECONDS = 12, 6
ROLLOVERS = 3


@pytest.fixture(scope="module")
def fleeting_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Connections last twelve seconds, and half of that is notice; the gateway means it too."""
    folder = tmp_path_factory.mktemp("fleeting")
    variables = folder / "variables.json"
    settings = {
        "HEARTBEAT_SECONDS": "1",
        "CONNECTION_SECONDS": str(CONNECTION_SECONDS),
        "GOING_AWAY_SECONDS": str(GOING_AWAY_SECONDS),
    }
    variables.write_text(json.dumps({"Parameters": settings}))
    yield from start_system(
        folder,
        emulator_options=["--env-vars", str(variables), "--max-duration", str(CONNECTION_SECONDS)],
        catalogue_options=["--latency", "1"],
    )


def closings(system: System) -> list[str]:
    """How the connections that have ended were closed, as the emulator's log has it."""
    return re.findall(r" ✗ \S+ closed (\d+)", system.log.read_text(errors="replace"))


@pytest.mark.timeout(300)
async def test_a_job_goes_on_over_three_rollovers(fleeting_system: System, work_ids: list[str]) -> None:
    """Every state comes, and none comes twice; the old sockets are closed with 1000, before the gateway would close
    them."""
    system, job_id = fleeting_system, new_id()
    raw: list[Update] = []
    manager = bookstrack.WebSocketProgressManager(system.socket_url)
    try:
        watch = manager.follow(job_id, raw.append)
        await until(watch.listening.is_set)
        await asyncio.to_thread(system.start, work_ids, job_id)
        await until(lambda: raw and len(closings(system)) >= ROLLOVERS, seconds=150, what="three rollovers")
        await asyncio.to_thread(system.http.post, f"/api/jobs/{job_id}/cancel")
        await until(lambda: raw[-1].terminal, seconds=60)
    finally:
        await manager.close()

    seqs = [update.seq for update in raw]
    assert ROLLOVERS <= len(closings(system))
    assert {"1000"} == set(closings(system))
    assert list(range(min(seqs), max(seqs) + 1)) == sorted(seqs)
    assert "cancelled" == raw[-1].status
