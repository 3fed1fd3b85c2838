"""The environments of one function: which one takes an invocation, when another is started, when an idle one ends."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from local_emulator.functions.environment import Environment, EnvironmentFailedError
from local_emulator.model import Function

Make = Callable[[Function, Callable[[Environment], None], Callable[[Environment], None]], Environment]
"""Makes an environment of a function, given what to call when it is free and when it has ended."""

_DEFAULT_CONCURRENCY = 10
_PATIENCE_SECONDS = 0.05
_PROCESSORS = os.cpu_count() or 1
_START_SECONDS = 0.2
"""What an environment takes to start, as long as none has told."""


class Group:
    """One invocation at a time in each.

    The environment used last is used first, so that the others can be given up when idle; where none is free another is
    started (case H2). Two simplifications against AWS: beside others a new one is started only after a wait of 50 ms,
    later where all that wait are served sooner than a process is up, for here they share processors; and a function
    without reserved concurrency gets at most 10 environments, and what comes on top waits instead of failing.
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
        self._start_seconds = _START_SECONDS
        self._waiting: deque[asyncio.Future[Environment]] = deque()
        self._served = 0
        """How many of those that waited have got one so far."""
        self._impatience: asyncio.TimerHandle | None = None
        self._crowded_since = 0.0
        """From when on there has always been somebody who waits, or from when another was started, or up, for that."""
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
        if not self._waiting:
            self._crowded_since = loop.time()
        self._waiting.append(waiter)
        self._see_to_waiting()
        return await waiter

    async def stop(self, reason: EnvironmentFailedError) -> None:
        """Ends every environment; what waits for one gets the reason."""
        self._closed = True
        for timer in (self._reaper, self._impatience):
            if timer is not None:
                timer.cancel()
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

    def _see_to_waiting(self) -> None:
        """Starts what they need: at once where none runs, no more than start side by side; else past their patience."""
        if len(self._live) == self._starting:
            self._grow(min(len(self._waiting), _PROCESSORS))
        elif self._waiting and self._impatience is None and not self._closed:
            self._be_patient()

    def _be_patient(self) -> None:
        loop = asyncio.get_running_loop()
        self._impatience = loop.call_later(_PATIENCE_SECONDS, self._lose_patience, self._served)

    def _lose_patience(self, served_before: int) -> None:
        """Starts as many as are wanted where nobody was served; one more where the last of them would be served later
        than it is up, or where somebody has always waited for as long as it takes to start one."""
        self._impatience = None
        if not self._waiting or self._closed or len(self._live) == self._starting:
            return
        served, now = self._served - served_before, asyncio.get_running_loop().time()
        if not served:
            self._grow(len(self._waiting))
        elif len(self._waiting) * _PATIENCE_SECONDS > served * self._start_seconds:
            self._grow(self._starting + 1)
        elif now - self._crowded_since > self._start_seconds:
            self._crowded_since = now
            self._grow(1)
        self._be_patient()

    def _grow(self, wanted: int) -> None:
        """Starts environments until so many are on their way, if it may."""
        while not self._closed and self._starting < wanted and len(self._live) < self._limit:
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
            self._start_seconds = environment.init_ms / 1000
            self._crowded_since = asyncio.get_running_loop().time()
            self._offer(environment)
        finally:
            self._starting -= 1
            self._see_to_waiting()

    def _offer(self, environment: Environment) -> None:
        """A free environment: to whoever has waited longest, else to the idle ones."""
        if environment not in self._live:
            return
        if environment.function is not self.function:
            self._retire(environment)
            return
        waiter = self._next_waiter()
        if waiter is not None:
            self._served += 1
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
            self._see_to_waiting()

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
