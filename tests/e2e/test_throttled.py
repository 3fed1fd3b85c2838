"""A table that throttles, fails, or does not answer for a while: work goes on after, and nothing is lost."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import System, new_id
from tests.e2e.faults import check_exact, faults
from tests.waiting import wait_until


@pytest.mark.parametrize("action", ["throttle", "fail"])
def test_a_start_while_the_table_does_not_answer_is_a_clean_error_and_can_be_repeated(
    impatient_system: System, work_ids: list[str], action: str
) -> None:
    """A problem that says so, in time; the same start again is taken, and runs once."""
    system, works = impatient_system, work_ids[190:200]
    job_id = new_id()
    with faults(system, {"where": "table", "action": action}):
        refused = system.http.post("/api/enrichment/start", json={"jobId": job_id, "workIds": works})

    assert 500 == refused.status_code
    assert "application/problem+json" == refused.headers["content-type"]
    assert "can be made again" in refused.json()["detail"]

    system.start(works, job_id)
    assert 0 == check_exact(system, job_id, works)["failedItems"]


def test_a_job_goes_on_through_a_table_that_refuses_every_fourth_request(
    impatient_system: System, work_ids: list[str]
) -> None:
    """Throttled and failing at once, from beginning to end."""
    system, works = impatient_system, work_ids[200:260]
    rules = [
        {"where": "table", "action": "throttle", "probability": 0.15},
        {"where": "table", "action": "fail", "probability": 0.1},
    ]
    with faults(system, *rules):
        job_id = system.start(works)
        wait_until(lambda: _ended(system, job_id), seconds=100, what="the end")

    assert 0 == check_exact(system, job_id, works)["failedItems"]


def test_a_job_waits_for_a_table_that_is_away_and_goes_on_after(
    impatient_system: System, work_ids: list[str]
) -> None:
    """Nothing can be written for a while; no work fails for that."""
    system, works = impatient_system, work_ids[260:360]
    job_id = system.start(works)
    wait_until(lambda: system.state(job_id)["processedItems"] > 5, what="the work")
    with faults(system, {"where": "table", "action": "throttle", "name": "away"}):
        wait_until(lambda: _struck(system, "away") > 60, seconds=60, what="the outage")

    assert 0 == check_exact(system, job_id, works)["failedItems"]


def _ended(system: System, job_id: str) -> bool:
    answer = system.http.get(f"/api/jobs/{job_id}")
    # The reading is throttled too.
    return answer.is_success and answer.json()["status"] == "completed"


def _struck(system: System, rule: str) -> int:
    rules = system.http.get("/_faults").json()["rules"]
    return next(int(each["struck"]) for each in rules if each["name"] == rule)
