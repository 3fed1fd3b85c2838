"""When another environment is started: the policy alone, with environments that only take time, on a jumping clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, cast

import pytest

from local_emulator.functions import group as group_module
from local_emulator.functions.environment import EnvironmentFailedError
from local_emulator.functions.group import Group
from local_emulator.model import Function

_START_SECONDS = 0.2


class JumpingLoop(asyncio.SelectorEventLoop):
    """Nobody waits: where nothing else is to be done, its time is at once that of the next timer."""

    _now = 0.0

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        timers = cast("list[Any]", self._scheduled)  # type: ignore[attr-defined]
        if not self._ready and timers:  # type: ignore[attr-defined]
            self._now = max(self._now, timers[0].when())
        super()._run_once()  # type: ignore[misc]


@dataclass(eq=False)
class FakeEnvironment:
    """Takes time to start; `broken` ones fail then."""

    function: Function
    on_ready: Callable[[Any], None]
    broken: bool = False
    pid: int = 1
    busy: bool = False
    init_ms: float = _START_SECONDS * 1000

    async def start(self) -> None:
        await asyncio.sleep(_START_SECONDS)
        if self.broken:
            raise EnvironmentFailedError("Runtime.ImportModuleError", b"{}")

    async def stop(self) -> None:
        pass


@dataclass
class Load:
    """A group, and what is asked of it."""

    broken: bool = False
    started: list[FakeEnvironment] = field(default_factory=list)
    reserved: int | None = None

    def __post_init__(self) -> None:
        function = Function(
            logical_id="F",
            name="local-F",
            code=Path(),
            handler="f.handler",
            runtime="python3.11",
            reserved_concurrency=self.reserved,
        )
        self.group = Group(function, self._make, idle_seconds=300)

    def _make(
        self, function: Function, on_ready: Callable[[Any], None], on_exit: Callable[[Any], None]
    ) -> Any:
        self.started.append(FakeEnvironment(function, on_ready, broken=self.broken))
        return self.started[-1]

    async def invoke(self, seconds: float) -> float:
        """Seconds until an environment took it and was free again."""
        began = asyncio.get_running_loop().time()
        environment: Any = await self.group.acquire()
        await asyncio.sleep(seconds)
        environment.on_ready(environment)
        return asyncio.get_running_loop().time() - began

    async def burst(self, number: int, seconds: float) -> list[float]:
        return await asyncio.gather(*(self.invoke(seconds) for _ in range(number)))


def simulated(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Runs a test on a loop that jumps."""

    @wraps(test)
    def run() -> None:
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            runner.run(test())

    return run


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_module, "_PROCESSORS", 2)


@simulated
async def test_a_first_burst_starts_no_more_than_the_machine_starts_side_by_side() -> None:
    load = Load()

    await load.burst(50, seconds=0.001)

    assert len(load.started) == 2


@simulated
async def test_short_invocations_wait_for_what_runs() -> None:
    """All are served long before another process would be up."""
    load = Load()
    await load.invoke(0.001)

    taken = await load.burst(50, seconds=0.001)

    assert len(load.started) == 1
    assert max(taken) == pytest.approx(0.05)


@simulated
async def test_long_invocations_get_environments_of_their_own() -> None:
    """After 50 ms in which nobody was served, and the time that a process takes to start."""
    load = Load()
    await load.invoke(0.001)

    taken = await load.burst(5, seconds=1)

    assert len(load.started) == 5
    assert max(taken) == pytest.approx(0.05 + _START_SECONDS + 1)


@simulated
async def test_a_slow_queue_gets_more() -> None:
    """They are served, but the last of them would wait for longer than a process takes to start."""
    load = Load()
    await load.invoke(0.001)

    taken = await load.burst(100, seconds=0.01)

    assert len(load.started) > 1
    assert max(taken) < 0.5


@simulated
async def test_a_queue_that_does_not_end_gets_one_more_at_a_time() -> None:
    """Twenty clients that each send the next message when the last is answered."""
    load = Load()
    await load.invoke(0.001)

    async def client() -> None:
        for _ in range(20):
            await load.invoke(0.001)

    await asyncio.gather(*(client() for _ in range(20)))

    # Four tenths of a second's work for one; the second environment comes after two, and has the rest done by then.
    assert len(load.started) == 2


@simulated
async def test_burst_after_burst_gets_no_more() -> None:
    """Ten at once, and the next ten when these are served: now and then nobody waits."""
    load = Load()
    await load.invoke(0.001)

    for _ in range(100):
        await load.burst(10, seconds=0.001)

    assert len(load.started) == 1


@simulated
async def test_no_more_than_ten_without_reserved_concurrency() -> None:
    load = Load()

    await load.burst(40, seconds=1)

    assert len(load.started) == 10


@simulated
async def test_no_more_than_the_reserved_concurrency() -> None:
    load = Load(reserved=3)

    await load.burst(40, seconds=1)

    assert len(load.started) == 3


@simulated
async def test_each_that_waits_is_told_where_none_can_be_started() -> None:
    load = Load(broken=True)

    results = await asyncio.gather(*(load.invoke(1) for _ in range(7)), return_exceptions=True)

    assert [type(result) for result in results] == [EnvironmentFailedError] * 7


@simulated
async def test_what_waits_when_it_stops_gets_the_reason() -> None:
    load = Load()
    reason = EnvironmentFailedError("Runtime.ExitError", b"{}")
    waiting = asyncio.create_task(load.invoke(1))
    await asyncio.sleep(0)

    await load.group.stop(reason)

    with pytest.raises(EnvironmentFailedError):
        await waiting
