"""A run as numbers. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.costs import dollars
from benchmarks.delivery.account import SERVING, Account, hops, latencies, posts, trips
from benchmarks.peers.rows import percentile

Figures = dict[str, Any]
"""Numbers by name; `cpu`, `invocations` and `operations` are numbers by name themselves."""

PLATFORM = ("emulator", "store")
_PERCENTS = (50, 95, 99)


def figures(account: Account, *, items: int, seconds: float, jobs: int = 1) -> Figures:
    """Of one run of so many jobs with so many items in all. What a device has is the mean over them; times are of
    all of them."""
    watched = account.watched
    counted = account.counted()
    write, read = account.units()
    usage, serving = account.usage(), account.usage_of_watchers(jobs)
    made: Figures = {
        "items": items,
        "devices": len(watched),
        "seconds": seconds,
        "cpu": dict(account.cpu),
        "cpu_functions": sum(spent for name, spent in account.cpu.items() if name not in PLATFORM),
        "cpu_serving": sum(account.cpu.get(name, 0.0) for name in SERVING),
        "cpu_all": sum(account.cpu.values()),
        "invocations": dict(account.invocations),
        "gb_seconds": usage.gb_seconds,
        "gb_seconds_serving": serving.gb_seconds,
        "invocations_serving": serving.invocations,
        "operations": dict(account.operations()),
        "write_units": write,
        "read_units": read,
        "sqs_requests": usage.sqs_requests,
        "posts": len(account.frames("frame_out")),
        "usd": dollars(usage),
        "usd_serving": dollars(serving),
    }
    if watched:
        made |= {
            "requests": statistics.fmean(each.requests for each in watched),
            "frames_in": statistics.fmean(each.frames_in for each in watched),
            "frames_out": statistics.fmean(each.frames_out for each in watched),
            "bytes_sent": statistics.fmean(each.wire.sent for each in watched),
            "bytes_received": statistics.fmean(each.wire.received for each in watched),
            "bytes": statistics.fmean(each.wire.sent + each.wire.received for each in watched),
        }
        shown = account.shown()
        made |= _percentiles("latency", [time for each in watched for time in latencies(counted, each)])
        made |= _percentiles("hop", [time for each in watched for time in hops(shown, each)])
        made |= _percentiles("trips", [number for each in watched for number in trips(account, each)])
        made |= _percentiles("post", [time for each in watched for time in posts(each)])
    return made


def pooled(runs: Sequence[Figures]) -> Figures:
    """Several runs of the same kind, one after the other, as one: what can be added is added, times are pooled."""
    made: Figures = {}
    for name, value in runs[0].items():
        values = [run[name] for run in runs]
        if name.endswith("_times"):
            continue
        made[name] = _added(values) if isinstance(value, Mapping) else sum(values)
    for name in ("latency", "hop", "trips", "post"):
        made |= _percentiles(name, [time for run in runs for time in run.get(f"{name}_times", ())])
    made["devices"] = runs[0]["devices"]
    return made


def _percentiles(name: str, times: Sequence[float]) -> Figures:
    if not times:
        return {}
    return {
        **{f"{name}_p{percent}": percentile(times, percent) for percent in _PERCENTS},
        f"{name}_max": max(times),
        f"{name}_times": list(times),
    }


def _added(maps: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for each in maps for name in each)
    return {name: sum(each.get(name, 0) for each in maps) for name in names}
