"""What the tables show of a round, and how it stands to the targets. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.costs import Usage, dollars
from benchmarks.delivery.figures import Figures
from benchmarks.delivery.measure import COMPACT, JSON, NONE, SEQUENTIAL, Round

Value = Callable[[Round, str, str], float | None]
"""Of a round, a scenario and a way; None where it was not measured."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of a table."""

    title: str
    value: Value
    digits: int = 1


@dataclass(frozen=True, kw_only=True)
class Target:
    """What was promised, and what came of it."""

    title: str
    wanted: str
    figure: str
    met: bool


def figure(name: str, times: float = 1.0) -> Value:
    """A figure as it is."""

    def value(made: Round, scenario: str, way: str) -> float | None:
        found = made.get(scenario, {}).get(way, {}).get(name)
        return None if found is None else float(found) * times

    return value


def beyond_none(name: str, times: float = 1.0) -> Value:
    """A figure beyond that of the job which nobody watches, for one device."""

    def value(made: Round, scenario: str, way: str) -> float | None:
        ways, none = made.get(scenario, {}), _unwatched(made, scenario)
        if way == NONE or way not in ways or none is None:
            return None
        return float(_sum(ways[way][name]) - _sum(none[name])) * times / max(1, int(ways[way]["devices"]))

    return value


def for_a_device(name: str) -> Value:
    """A figure that is zero without those who watch, for one of them."""

    def value(made: Round, scenario: str, way: str) -> float | None:
        found = made.get(scenario, {}).get(way)
        return None if found is None or way == NONE else float(found[name]) / max(1, int(found["devices"]))

    return value


def dollars_of_a_device(made: Round, scenario: str, way: str) -> float | None:
    """What a thousand jobs cost because of one who watches each, the table's units beyond those of nobody included."""
    serving = for_a_device("usd_serving")(made, scenario, way)
    write, read = (beyond_none(name)(made, scenario, way) for name in ("write_units", "read_units"))
    if serving is None or write is None or read is None:
        return None
    return 1000 * (serving + dollars(Usage(write_units=write, read_units=read)))


def _unwatched(made: Round, scenario: str) -> Figures | None:
    """The same job with nobody watching: in this scenario, or in that of one device."""
    alone = made.get(f"{scenario.partition('/')[0]}/1", {})
    return made.get(scenario, {}).get(NONE) or alone.get(NONE)


def _sum(value: float | Mapping[str, float]) -> float:
    return sum(value.values()) if isinstance(value, Mapping) else value


WATCHED = [
    Row(title="update latency p50, ms", value=figure("latency_p50")),
    Row(title="update latency p95, ms", value=figure("latency_p95")),
    Row(title="update latency p99, ms", value=figure("latency_p99")),
    Row(title="HTTP requests", value=figure("requests"), digits=0),
    Row(title="frames to the client", value=figure("frames_in"), digits=0),
    Row(title="frames from the client", value=figure("frames_out"), digits=0),
    Row(title="KB to the client", value=figure("bytes_received", 1e-3)),
    Row(title="KB from the client", value=figure("bytes_sent", 1e-3)),
    Row(title="KB in all", value=figure("bytes", 1e-3)),
    Row(title="time of the job, s", value=figure("seconds"), digits=2),
]
BEYOND = [
    Row(title="invocations to serve it", value=for_a_device("invocations_serving")),
    Row(title="the same, GB-s", value=for_a_device("gb_seconds_serving"), digits=3),
    Row(title="the same, CPU s", value=for_a_device("cpu_serving"), digits=3),
    Row(title="CPU of all functions, beyond nobody, s", value=beyond_none("cpu_functions"), digits=3),
    Row(title="CPU of everything, beyond nobody, s", value=beyond_none("cpu_all"), digits=3),
    Row(title="DynamoDB write units, beyond nobody", value=beyond_none("write_units")),
    Row(title="DynamoDB read units, beyond nobody", value=beyond_none("read_units")),
    Row(title="dollars for 1,000 jobs", value=dollars_of_a_device, digits=3),
]
HELD_BACK = [
    Row(title="item counted to client, p50, ms", value=figure("latency_p50")),
    Row(title="item counted to client, p95, ms", value=figure("latency_p95")),
    Row(title="item counted to client, p99, ms", value=figure("latency_p99")),
    Row(title="state committed to client, p50, ms", value=figure("hop_p50")),
    Row(title="state committed to client, p99, ms", value=figure("hop_p99")),
    Row(title="frame made to client, p50, ms", value=figure("post_p50")),
    Row(title="frame made to client, p99, ms", value=figure("post_p99")),
]


def medians(rounds: Sequence[Round], row: Row, scenario: str, way: str) -> list[float]:
    """The values of all rounds, the median first, then the least and the greatest; empty where there are none."""
    values = [value for made in rounds if (value := row.value(made, scenario, way)) is not None]
    return [statistics.median(values), min(values), max(values)] if values else []


def targets(rounds: Sequence[Round]) -> list[Target]:
    """Those of issue 6, as far as they were measured."""
    return [*_latency(rounds), *_bytes(rounds), *_burden(rounds)]


def _latency(rounds: Sequence[Round]) -> Iterable[Target]:
    for name, most in (("p50", 8.0), ("p99", 30.0)):
        value = _median(figure(f"latency_{name}")(made, SEQUENTIAL, JSON) for made in rounds)
        if value is not None:
            yield Target(
                title=f"item counted to client, not held back, {name}",
                wanted=f"≤ {most:.0f} ms",
                figure=f"{value:.1f} ms",
                met=value <= most,
            )
    better = _median(_ratio(made, SEQUENTIAL, "poll-1", JSON, figure("latency_p50")) for made in rounds)
    if better is not None:
        yield Target(
            title="the same beside polling each second",
            wanted="≥ 62 ×",
            figure=f"{better:.0f} ×",
            met=better >= 62,
        )
    trips = _median(figure("trips_p50")(made, SEQUENTIAL, JSON) for made in rounds)
    if trips is not None:
        yield Target(
            title="table requests from the count to the client, p50",
            wanted="≤ 2",
            figure=f"{trips:.0f}",
            met=trips <= 2,
        )
    post = _median(figure("post_p50")(made, SEQUENTIAL, JSON) for made in rounds)
    if post is not None:
        yield Target(
            title="frame made to client, p50", wanted="≤ 1.5 ms", figure=f"{post:.1f} ms", met=post <= 1.5
        )


def _bytes(rounds: Sequence[Round]) -> Iterable[Target]:
    for way, most in ((JSON, 60), (COMPACT, 15)):
        value = _median(figure("bytes", 1e-3)(made, "1500/1", way) for made in rounds)
        if value is not None:
            yield Target(
                title=f"bytes both ways, 1,500 works, {way}",
                wanted=f"≤ {most} KB",
                figure=f"{value:.1f} KB",
                met=value <= most,
            )


def _burden(rounds: Sequence[Round]) -> Iterable[Target]:
    scenario = next((name for name in sorted(rounds[0], reverse=True) if name.endswith("/10")), "")
    for title, name in (("functions", "cpu_functions"), ("everything", "cpu_all")):
        share = _median(_share_below(made, scenario, name) for made in rounds)
        if share is not None:
            yield Target(
                title=f"CPU of {title} below that of polling each 0.5 s",
                wanted="≥ 85 %",
                figure=f"{share:.0f} %",
                met=share >= 85,
            )
    longer = _median(_ratio(made, "1500/1", JSON, NONE, figure("seconds")) for made in rounds)
    if longer is not None:
        yield Target(
            title="longer because of a watcher",
            wanted="≤ 1 %",
            figure=f"{(longer - 1) * 100:+.1f} %",
            met=longer <= 1.01,
        )


def _share_below(made: Round, scenario: str, name: str) -> float | None:
    share = _ratio(made, scenario, JSON, "poll-0.5", beyond_none(name))
    return None if share is None else (1 - share) * 100


def _ratio(made: Round, scenario: str, way: str, other: str, value: Value) -> float | None:
    over, under = value(made, scenario, way), value(made, scenario, other)
    return over / under if over is not None and under else None


def _median(values: Iterable[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return statistics.median(found) if found else None
