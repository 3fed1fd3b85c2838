"""The model beside what the emulator counted, at the small end where both can be had. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.costs import dollars
from benchmarks.scaling.model import Settings, Workload, predict


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One number of one run."""

    title: str
    counted: float
    predicted: float

    @property
    def ratio(self) -> float:
        """Of what was predicted to what was counted."""
        return self.predicted / self.counted if self.counted else 0.0


def compare(figures: Mapping[str, Any], *, jobs: int = 1) -> list[Comparison]:
    """A run of `jobs` jobs, all alike, as benchmarks.delivery.figures has it. How long it took is taken from it:
    the model says how much is done in that time, and not how fast this machine is."""
    items = int(figures["items"]) // jobs
    settings = Settings()
    workers = min(settings.worker_concurrency, jobs * -(-items // 25))
    seconds = float(figures["seconds"])
    item_seconds = seconds * workers * settings.item_concurrency / int(figures["items"])
    devices = int(figures["devices"]) // jobs
    made = predict(Workload(jobs=jobs, items=items, devices=devices, item_seconds=item_seconds), settings)
    usage = made.usage * jobs
    frames = made.frames_per_job + 1  # the answer to `ready`
    return [
        Comparison(title="frames to a device", counted=float(figures["frames_in"]), predicted=frames),
        Comparison(title="posts", counted=float(figures["posts"]), predicted=frames * devices * jobs),
        Comparison(
            title="invocations",
            counted=float(sum(figures["invocations"].values())),
            predicted=usage.invocations,
        ),
        Comparison(title="write units", counted=float(figures["write_units"]), predicted=usage.write_units),
        Comparison(title="read units", counted=float(figures["read_units"]), predicted=usage.read_units),
        Comparison(
            title="requests to SQS", counted=float(figures["sqs_requests"]), predicted=usage.sqs_requests
        ),
        Comparison(title="Lambda, GB-s", counted=float(figures["gb_seconds"]), predicted=usage.gb_seconds),
        Comparison(title="dollars", counted=float(figures["usd"]), predicted=dollars(usage)),
    ]


def median_run(runs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The run whose time is the median."""
    return sorted(runs, key=lambda run: float(run["seconds"]))[len(runs) // 2]
