"""A schedule: a job, who watches it, and what goes wrong meanwhile. A plain value, picked by Hypothesis from a seed.

The same seed gives the same schedule, and the emulator's faults have seeds of their own; what the operating system
makes of the processes' turns is all that a replay cannot repeat.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any, TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from catalogue.__main__ import ids
from catalogue.books import Catalogue

T = TypeVar("T")
Rule = Mapping[str, Any]
"""As the emulator's fault control takes it (docs/emulator/faults.md)."""

SHORT, LONG = 100, 1500
"""Works of the two sizes of job."""

_EXAMPLES = 3
"""Hypothesis begins with the simplest; the last of so many is the seed's."""


@dataclass(frozen=True, kw_only=True)
class Device:
    """One client of the job. Seconds are counted from the job's start; below zero it listens before."""

    client: str
    """`plain`, a client of the documented protocol and no more, or `bookstrack`, the project's own."""
    joins: float = -1.0
    leaves: float | None = None
    """Vanishes so many seconds after it joined, without a word; a `plain` one only."""
    subscribes: bool = False
    """A `plain` one that names the job in its frame, not in the URL that it connects to."""
    compact: bool = False
    """Asks for the compact encoding."""
    cancels: float | None = None
    """A `plain` one that cancels by a frame as soon as it sees this share of the items processed."""


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """Something that happens once, so many seconds after the job's start: `body` is posted to `path` of `/_faults`."""

    at: float
    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What is to happen, whole."""

    name: str
    works: int = SHORT
    first_work: int = 0
    """Where in the list of all works the job's begin: the providers' answers are remembered, others are asked for."""
    unknown: int = 2
    """So many of the works are nobody's."""
    devices: tuple[Device, ...] = ()
    rules: tuple[Rule, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    provider: Mapping[str, float] = field(default_factory=dict)
    """What the catalogue's `_control` takes: `error_rate`, `latency`, `rate_limit`."""
    cancelled_at: float | None = None
    """Cancelled over HTTP so many seconds after its start."""
    trouble_seconds: float = 10.0
    """For so long rules and the provider's trouble are in force; then there is peace."""

    def work_ids(self) -> list[str]:
        """The job's works: no two alike."""
        known, nobodys = all_works()
        first = self.first_work % len(known)
        found = (known[first:] + known[:first])[: self.works - self.unknown]
        strange = nobodys[: self.unknown]
        middle = len(found) // 2
        return found[:middle] + strange + found[middle:]

    def document(self) -> str:
        """As JSON, for a person and for `read`."""
        lines = [f"{json.dumps(name)}: {_listed(value)}" for name, value in asdict(self).items()]
        return "{\n" + ",\n".join(lines) + "\n}"


def _listed(value: Any) -> str:
    """JSON, of a list each part in a line of its own."""
    if not isinstance(value, list | tuple) or not value:
        return json.dumps(value)
    return "[\n  " + ",\n  ".join(map(json.dumps, value)) + "\n]"


def read(text: str) -> Schedule:
    """The schedule that `document` wrote."""
    given = json.loads(text)
    devices = tuple(Device(**device) for device in given.pop("devices"))
    strokes = tuple(Stroke(**stroke) for stroke in given.pop("strokes"))
    return Schedule(devices=devices, strokes=strokes, rules=tuple(given.pop("rules")), **given)


def schedule_of(seed: int, works: int = SHORT) -> Schedule:
    """The schedule of a seed."""
    picked: list[Schedule] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=_EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(schedules(works))
    def pick(schedule: Schedule) -> None:
        picked.append(schedule)

    pick()
    kind = "" if works == SHORT else f" --works {works}"
    return replace(picked[-1], name=f"--seed {seed}{kind}", first_work=seed * works)


@cache
def all_works() -> tuple[list[str], list[str]]:
    """Every id of real books, each once, and some that nobody knows."""
    known = list(dict.fromkeys(ids(30_000, 0)))
    return known, list(ids(0, 40))


@cache
def found_nowhere() -> frozenset[str]:
    """The works that no provider knows: nobody's, and those that are asked for by an id of Open Library's, which has
    them not."""
    _, nobodys = all_works()
    missing = [book.work_id for book in Catalogue.load().books if not book.in_open_library]
    return frozenset([*nobodys, *missing])


# How often. Few of each, so that a schedule ends; but enough that they meet.

_OFTEN = st.one_of(
    st.fixed_dictionaries({"nth": st.lists(st.integers(1, 12), min_size=2, max_size=5, unique=True)}),
    st.fixed_dictionaries({"probability": st.sampled_from([0.1, 0.3, 0.6]), "times": st.integers(2, 20)}),
    st.fixed_dictionaries({"every": st.integers(1, 4), "times": st.integers(2, 8)}),
)
_SELDOM = st.fixed_dictionaries(
    {"probability": st.sampled_from([0.02, 0.05, 0.2]), "times": st.integers(5, 60)}
)


def _seconds(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high).map(lambda seconds: round(seconds, 2))


def _rule(
    where: str, action: str, often: st.SearchStrategy[Any] = _OFTEN, **more: Any
) -> st.SearchStrategy[Rule]:
    fixed = {"where": st.just(where), "action": st.just(action), **more}
    both = st.tuples(st.fixed_dictionaries(fixed), often, st.integers(0, 9999))
    return both.map(lambda parts: {**parts[0], **parts[1], "seed": parts[2]})


def _matching(attribute: str, *names: str) -> st.SearchStrategy[Mapping[str, str]]:
    return st.sampled_from(names).map(lambda name: {attribute: name})


_FRAMES = [
    rule
    for where in ("frame_in", "frame_out")
    for rule in (
        _rule(where, "drop"),
        _rule(where, "close", code=st.sampled_from([1000, 1001, 1011])),
        _rule(where, "stall", seconds=_seconds(0.5, 8)),
        _rule(where, "lose"),
    )
]
_POSTS = [
    _rule("post", "refuse", status=st.sampled_from([410, 429, 500, 503]), delivered=st.booleans()),
    _rule("post", "delay", seconds=_seconds(0.05, 1)),
]
_REQUESTS = [
    _rule("http", "refuse", status=st.sampled_from([429, 500, 503])),
    _rule("http", "delay", seconds=_seconds(0.1, 2)),
    _rule("connect", "refuse", status=st.sampled_from([429, 500, 503])),
    _rule("connect", "delay", seconds=_seconds(0.1, 2)),
    _rule("connect", "drop"),
]
_FUNCTION = _matching(
    "function",
    *("EnrichChunkFunction",) * 3,
    *("WatchJobsFunction", "MessageFunction") * 2,
    "ConnectFunction",
    "DisconnectFunction",
    "StartEnrichmentFunction",
    "JobsFunction",
)
_WHEN = st.sampled_from(["before", "after"])
_FUNCTIONS = [
    _rule("function", "kill", match=_FUNCTION, when=st.just("after")),
    _rule("function", "kill", match=_FUNCTION, seconds=_seconds(0, 1.5)),
    _rule("function", "fail", match=_FUNCTION, when=_WHEN),
    _rule("function", "delay", match=_FUNCTION, seconds=_seconds(0.1, 3)),
    _rule("function", "throttle", match=_FUNCTION),
]
_QUEUE = _matching("queue", "WorkQueue", "WorkQueue", "WatchQueue", "DeadLetterQueue")
_QUEUES = [
    _rule("queue", "duplicate", match=_QUEUE, seconds=_seconds(0, 3)),
    _rule("queue", "delay", match=_QUEUE, seconds=_seconds(0.1, 7)),
    _rule("queue", "reorder", match=_QUEUE, seconds=_seconds(0.1, 2)),
]
_OPERATION = _matching("operation", "*", "GetItem", "PutItem", "UpdateItem", "Query", "BatchWriteItem")
_TABLES = [
    _rule("table", "throttle", _SELDOM, match=_OPERATION),
    _rule("table", "fail", _SELDOM, match=_OPERATION),
    _rule("table", "delay", _SELDOM, match=_OPERATION, seconds=_seconds(0.05, 0.5)),
    _rule("table", "stale", st.just({}), seconds=_seconds(0.5, 3)),
]
_RULES = st.one_of(
    *(st.one_of(*rules) for rules in (_FRAMES, _POSTS, _REQUESTS, _FUNCTIONS, _FUNCTIONS, _QUEUES, _TABLES))
)

_STROKES = st.one_of(
    st.builds(
        Stroke,
        at=_seconds(0, 5),
        path=st.just("/connections/*"),
        body=st.sampled_from(
            [{"action": "drop"}, {"action": "close", "code": 1001}, {"action": "stall", "seconds": 3}]
        ),
    ),
    st.builds(
        Stroke,
        at=_seconds(0, 5),
        path=_FUNCTION.map(lambda match: f"/functions/{match['function']}"),
        body=st.just({"action": "kill"}),
    ),
)
_JOINS = st.sampled_from([-1.0, -1.0, -1.0, 0.0, 0.5, 1.0, 1.5, 2.5, 6.0])
_DEVICES = st.one_of(
    st.builds(Device, client=st.just("bookstrack"), joins=_JOINS, compact=st.booleans()),
    st.builds(
        Device,
        client=st.just("plain"),
        joins=_JOINS,
        leaves=st.sampled_from([*[None] * 6, 0.0, 1.0, 3.0, 8.0]),
        subscribes=st.booleans(),
        compact=st.booleans(),
        cancels=st.sampled_from([*[None] * 15, 0.0, 0.5, 0.9]),
    ),
)


_PROVIDERS: list[Mapping[str, float]] = [
    *[{}] * 5,
    {"latency": 0.15},
    {"latency": 0.5},
    {"error_rate": 0.05},
    {"error_rate": 0.3},
    {"error_rate": 1.0},
    {"rate_limit": 20},
]


def _so_many(draw: st.DrawFn, strategy: st.SearchStrategy[T], sizes: list[int]) -> list[T]:
    """A list of one of the sizes: left to itself Hypothesis makes short ones, in which little meets."""
    size = draw(st.sampled_from(sizes))
    return draw(st.lists(strategy, min_size=size, max_size=size))


@st.composite
def schedules(draw: st.DrawFn, works: int) -> Schedule:
    """Schedules of jobs of so many works."""
    long = works > SHORT
    rules = _so_many(draw, _RULES, [2, 3, 4, 5, 6, 7])
    return Schedule(
        name="",
        works=works,
        unknown=draw(st.integers(0, 5)),
        devices=tuple(_so_many(draw, _DEVICES, [0, 1, 2, 2, 3, 3, 4])),
        rules=tuple({"name": f"{number}", **rule} for number, rule in enumerate(rules, start=1)),
        strokes=tuple(_so_many(draw, _STROKES, [0, 0, 0, 1, 2, 3])),
        provider=draw(st.sampled_from(_PROVIDERS)),
        cancelled_at=draw(st.sampled_from([*[None] * 12, 0.0, 1.2, 2.0, 3.0])),
        trouble_seconds=draw(_seconds(4, 12)) * (3 if long else 1),
    )
