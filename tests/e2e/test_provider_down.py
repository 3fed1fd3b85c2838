"""Metadata providers that are down: the job says so, goes on when they are well, and ends when they never are."""

from __future__ import annotations

import re

from tests.e2e.conftest import System, frames_until_the_end, new_id
from tests.e2e.faults import catalogue, check_exact
from tests.waiting import wait_until

_SAYS_SO = re.compile(r"Open Library .*; trying again in \d+ s")


def test_a_job_says_that_its_provider_is_down_and_goes_on_when_it_is_well(
    impatient_system: System, work_ids: list[str]
) -> None:
    """The breaker opens, the chunks are put off, and not one work is given up."""
    system, works = impatient_system, work_ids[360:420]
    job_id = new_id()
    with system.listen(job_id) as socket:
        with catalogue(system, error_rate=1.0):
            system.start(works, job_id)
            wait_until(
                lambda: _SAYS_SO.fullmatch(system.state(job_id)["currentStatus"]), seconds=30, what="the text"
            )
        frames = frames_until_the_end(socket, seconds=90)

    assert "complete" == frames[-1]["type"]
    assert any(_SAYS_SO.fullmatch(frame["data"]["currentStatus"]) for frame in frames)
    assert 0 == check_exact(system, job_id, works)["failedItems"]


def test_a_provider_that_stays_down_costs_its_works_and_the_job_ends(
    impatient_system: System, work_ids: list[str]
) -> None:
    """Each work says why; the job is completed."""
    system, works = impatient_system, work_ids[420:450]
    with catalogue(system, error_rate=1.0):
        job_id = system.start(works)
        state = check_exact(system, job_id, works, seconds=110)

    assert 30 == state["failedItems"]
    assert "Finished 30 of 30, 30 failed" == state["currentStatus"]
    assert all("Open Library" in row["error"] for row in system.results(job_id))
