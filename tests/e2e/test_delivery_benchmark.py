"""The delivery benchmark, on a small job: what it says was counted is what happened."""

from __future__ import annotations

from pathlib import Path

from benchmarks.delivery.figures import Figures, figures
from benchmarks.delivery.measure import JSON, NONE, WAYS
from benchmarks.delivery.system import System, on_a_system, works

ITEMS, CHUNKS = 30, 2


async def test_ways_of_watching_are_measured_on_one_system(tmp_path: Path) -> None:
    """Each work is counted once, each frame is a post, each poll a request, whoever else watched before."""
    found: dict[str, Figures] = {}

    async def use(system: System) -> None:
        for way, devices in ((NONE, 1), (JSON, 2), ("poll-0.5", 1)):
            run = await system.run([works(ITEMS)], WAYS[way], devices)
            assert ["completed"] == [job["status"] for job in run.jobs]
            found[way] = figures(run.account, items=ITEMS, seconds=run.seconds)

    await on_a_system(tmp_path, {}, use)

    for made in found.values():
        assert ITEMS == made["operations"]["dynamodb UpdateItem CHUNK"]
        assert CHUNKS == made["operations"]["dynamodb UpdateItem CHUNK taken or left"]
        assert made["write_units"] >= 3 * ITEMS
        assert made["invocations"]["EnrichChunkFunction"] == CHUNKS
    none, push, polled = found[NONE], found[JSON], found["poll-0.5"]
    assert (0, 0) == (none["posts"], none["invocations_serving"])
    assert push["posts"] == 2 * push["frames_in"]
    assert 2 == push["invocations"]["ConnectFunction"] == push["invocations"]["DisconnectFunction"]
    assert polled["requests"] == polled["invocations"]["JobsFunction"]
    assert ITEMS == len(push["latency_times"]) / 2 == len(polled["latency_times"])
    assert min(push["latency_times"] + polled["latency_times"]) > 0
    # A handshake has some 130 bytes at the least, a plain frame some 200.
    assert push["bytes"] > 130 + 200 * (push["frames_in"] - 1)
