"""The environments of one function: which one takes an invocation, when another is started, when an idle one ends."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from local_emulator.functions.environment import Environment, EnvironmentFailedError
from local_emulator.model import Function

Make = Callable[[Function, Callable[[Environment], None], Callable[[Environment], None]], Environment]
"""Makes an environment of a function, given what to call when it is free and when it has ended."""

_DEFAULT_CONCURRENCY = 10
_PATIENCE_SECONDS = 0.02


class Group:
    """One invocation at a time in each.

    The environment used last is used first, so that the others can be given up when idle; where none is free another is
    started (case H2). Two simplifications against AWS: a new one is started only after a wait of 20 ms, since a short
    invocation is over sooner than a process is up; and a function without reserved concurrency gets at most 10
    environments, and what comes on top waits instead of failing.
    """

    def __init__(self, function: Function, make: Make, *, idle_seconds: float) -> None:
        self.function = function
        self._make = make
        self._idle_seconds = idle_seconds
        self._live: set[Environment] = set()
        """Started or starting."""
        self._idle: dict[Environment, float] = {}
        """Since when, on the loop's clock; the one that has been so for longest comes first."""
        self._reaper: asyncio.TimerHandle | None = None
        self._starting = 0
        self._waiting: deque[asyncio.Future[Environment]] = deque()
        self._chores: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def environments(self) -> list[Environment]:
        """Those whose processes run."""
        return [environment for environment in self._live if environment.pid]

    @property
    def wanted(self) -> int:
        """How many invocations run, or wait to."""
        return sum(environment.busy for environment in self._live) + len(self._waiting)

    @property
    def ended(self) -> bool:
        """Whether nothing is left of it."""
        return not (self._live or self._waiting)

    def renew(self, function: Function | None = None) -> None:
        """Replaces the environments, at once where they are idle and else when they have become so.

        `function` describes the function from now on; without it the code alone has changed.
        """
        # Environments are known as outdated by not having this very object.
        self.function = function or replace(self.function)
        for environment in list(self._idle):
            self._retire(environment)

    def take_idle(self) -> Environment | None:
        """A free environment, None where there is none."""
        if not self._idle:
            return None
        environment, _ = self._idle.popitem()
        return environment

    async def acquire(self) -> Environment:
        """A free environment, as soon as there is one.

        Raises:
            EnvironmentFailedError: the one that was started for this did not come up.
        """
        idle = self.take_idle()
        if idle is not None:
            return idle
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Environment] = loop.create_future()
        self._waiting.append(waiter)
        if len(self._live) == self._starting:
            self._grow()
        else:
            loop.call_later(_PATIENCE_SECONDS, self._grow)
        return await waiter

    async def stop(self, reason: EnvironmentFailedError) -> None:
        """Ends every environment; what waits for one gets the reason."""
        self._closed = True
        if self._reaper is not None:
            self._reaper.cancel()
        for chore in list(self._chores):
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        await asyncio.gather(*(environment.stop() for environment in list(self._live)))
        while waiter := self._next_waiter():
            waiter.set_exception(reason)

    @property
    def _limit(self) -> int:
        if self.function.debugger is not None:
            return 1
        reserved = self.function.reserved_concurrency
        return _DEFAULT_CONCURRENCY if reserved is None else reserved

    def _grow(self) -> None:
        """Starts environments for those that wait, if it may."""
        while not self._closed and self._starting < len(self._waiting) and len(self._live) < self._limit:
            environment = self._make(self.function, self._offer, self._forget)
            self._live.add(environment)
            self._starting += 1
            self._hold(asyncio.create_task(self._start(environment)))

    async def _start(self, environment: Environment) -> None:
        try:
            await environment.start()
        except EnvironmentFailedError as failed:
            waiter = self._next_waiter()
            if waiter is not None:
                waiter.set_exception(failed)
            await environment.stop()
            self._forget(environment)
        else:
            self._offer(environment)
        finally:
            self._starting -= 1
            self._grow()

    def _offer(self, environment: Environment) -> None:
        """A free environment: to whoever has waited longest, else to the idle ones."""
        if environment not in self._live:
            return
        if environment.function is not self.function:
            self._retire(environment)
            return
        waiter = self._next_waiter()
        if waiter is not None:
            waiter.set_result(environment)
            return
        self._idle[environment] = asyncio.get_running_loop().time()
        if self._reaper is None:
            self._reap()

    def _reap(self) -> None:
        """Ends those that have been idle for long enough, and looks again when the next one may have been."""
        # One timer that looks since when they are idle, instead of one that each invocation sets anew.
        loop = asyncio.get_running_loop()
        while self._idle:
            longest, since = next(iter(self._idle.items()))
            left = since + self._idle_seconds - loop.time()
            if left > 0:
                self._reaper = loop.call_later(left, self._reap)
                return
            self._retire(longest)
        self._reaper = None

    def _retire(self, environment: Environment) -> None:
        self._take_off(environment)
        self._hold(asyncio.create_task(self._end(environment)))

    async def _end(self, environment: Environment) -> None:
        # Counted until it is gone: the bound is one of processes.
        await environment.stop()
        self._forget(environment)

    def _take_off(self, environment: Environment) -> None:
        """It is not to be offered any more."""
        self._idle.pop(environment, None)

    def _forget(self, environment: Environment) -> None:
        if environment in self._live:
            self._take_off(environment)
            self._live.discard(environment)
            self._grow()

    def _next_waiter(self) -> asyncio.Future[Environment] | None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                return waiter
        return None

    def _hold(self, chore: asyncio.Task[None]) -> None:
        """The event loop itself holds tasks weakly."""
        self._chores.add(chore)
        chore.add_done_callback(self._chores.discard)
