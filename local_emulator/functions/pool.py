"""Every function's environments: which one takes an invocation, when another is started, when an idle one ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from local_emulator.faults import Faults
from local_emulator.functions import answers, loglines
from local_emulator.functions.environment import (
    Environment,
    EnvironmentFailedError,
    FunctionLog,
)
from local_emulator.functions.runtime_api import Invocation
from local_emulator.invocation import Outcome, TooManyRequestsError
from local_emulator.model import Function
from local_emulator.observer import NOBODY, Observer

T = TypeVar("T")
_Conclude = Callable[[Outcome, float], None]
"""Takes an invocation's outcome, and the milliseconds that its environment took to start."""

logger = logging.getLogger(__name__)

_DEFAULT_CONCURRENCY = 10
_PATIENCE_SECONDS = 0.02
IDLE_SECONDS = 300.0
"""How long an idle environment is kept by default. AWS gives no number; minutes are what is seen there."""


@dataclass(frozen=True, kw_only=True)
class EnvironmentInfo:
    """One running environment, for people and tests."""

    function: str
    pid: int
    busy: bool


@dataclass(eq=False)
class _Group:
    """The environments of one function."""

    function: Function
    live: set[Environment] = field(default_factory=set)
    """Started or starting."""
    idle: list[Environment] = field(default_factory=list)
    starting: int = 0
    waiting: deque[asyncio.Future[Environment]] = field(default_factory=deque)

    @property
    def limit(self) -> int:
        if self.function.debugger is not None:
            return 1
        reserved = self.function.reserved_concurrency
        return _DEFAULT_CONCURRENCY if reserved is None else reserved


class Pool:
    """Invokes functions (an `Invoker`).

    One invocation at a time in an environment; the environment used last is used first, so that the others can be
    given up when idle; where none is free another is started (case H2). Two simplifications against AWS: a new one
    is started only after a wait of 20 ms, since a short invocation is over sooner than a process is up; and a function
    without reserved concurrency gets at most 10 environments, and what comes on top waits instead of failing.
    """

    def __init__(
        self,
        functions: Mapping[str, Function],
        *,
        log: FunctionLog,
        faults: Faults | None = None,
        idle_seconds: float = IDLE_SECONDS,
        observer: Observer = NOBODY,
    ) -> None:
        """`idle_seconds`: how long an environment waits for its next invocation before it is ended."""
        self._faults = faults or Faults()
        self._observer = observer
        self._idle_seconds = idle_seconds
        self._homes: dict[Environment, _Group] = {}
        self._groups = {logical_id: _Group(function) for logical_id, function in functions.items()}
        self._services: Mapping[str, str] = {}
        self._log = log
        self._idle_timers: dict[Environment, asyncio.TimerHandle] = {}
        self._runs: set[asyncio.Task[Outcome]] = set()
        self._chores: set[asyncio.Task[None]] = set()
        self._closed = False

    def open(self, services: Mapping[str, str]) -> None:
        """Gives the variables by which functions reach the other services (endpoints, credentials, trust).

        Needed before the first invocation.
        """
        self._services = dict(services)

    def function(self, name: str) -> Function | None:
        """A function by its logical id, its name or its ARN (with or without a version)."""
        plain = name.rpartition(":function:")[2].partition(":")[0]
        group = self._groups.get(plain)
        if group is not None:
            return group.function
        return next((group.function for group in self._groups.values() if group.function.name == plain), None)

    def environments(self) -> list[EnvironmentInfo]:
        """The processes that run now."""
        return [
            EnvironmentInfo(
                function=environment.function.logical_id, pid=environment.pid, busy=environment.busy
            )
            for environment in self._homes
            if environment.pid
        ]

    def update(self, functions: Mapping[str, Function]) -> list[str]:
        """Takes these functions in the place of all; those that changed, whose environments are replaced.

        An invocation that runs, or waits, in one that changed or is gone comes to its end as it was.
        """
        changed = []
        for logical_id in self._groups.keys() - functions.keys():
            self.renew(logical_id)
            del self._groups[logical_id]
        for logical_id, function in functions.items():
            group = self._groups.get(logical_id)
            if group is None:
                self._groups[logical_id] = _Group(function)
            elif group.function != function:
                self.renew(logical_id, function)
                changed.append(logical_id)
        return changed

    def renew(self, logical_id: str, function: Function | None = None) -> None:
        """Replaces a function's environments, at once where they are idle and else when they have become so.

        `function` describes it from now on; without it the code alone has changed.
        """
        group = self._groups[logical_id]
        # Environments are known as outdated by not having this very object.
        group.function = function or replace(group.function)
        for environment in list(group.idle):
            self._retire(environment)

    async def invoke(
        self, function: str, event: Mapping[str, Any], *, timeout_seconds: float | None = None
    ) -> Outcome:
        """Invokes by logical id; see `Invoker`.

        Raises:
            KeyError: there is no such function.
        """
        return await self.invoke_raw(function, json.dumps(event).encode(), timeout_seconds=timeout_seconds)

    async def invoke_raw(
        self,
        function: str,
        payload: bytes,
        *,
        request_id: str = "",
        client_context: str = "",
        timeout_seconds: float | None = None,
    ) -> Outcome:
        """Invokes with an event that is JSON text already; so is `client_context`."""
        group = self._groups[function]
        if self._closed:
            return _init_outcome(_stopped(), request_id)
        invocation = Invocation(request_id or str(uuid.uuid4()), payload, client_context)
        if len(payload) > answers.MAX_PAYLOAD_BYTES:
            return answers.event_too_large(invocation.request_id, len(payload))
        fault = self._faults.decide("function", function=(group.function.logical_id, group.function.name))
        if fault is not None and fault.action == "throttle":
            raise TooManyRequestsError(f"{group.function.name} is throttled by the fault {fault.rule}")
        invocation.fault = fault
        if group.function.debugger is not None:
            timeout_seconds = None
        self._admit(group)
        conclude = self._told(group.function, invocation)
        async with asyncio.timeout(timeout_seconds):
            if group.idle and fault is None:
                # Most find an environment free, which works on when its caller has given up.
                return await self._take_idle(group).run(invocation, conclude)
            task = asyncio.create_task(self._run(group, invocation, conclude))
            _hold(self._runs, task)
            return await asyncio.shield(task)

    def kill(self, function: str) -> int:
        """Kills every environment of a function, by any of its names; how many there were.

        Raises:
            KeyError: there is no such function.
        """
        found = self.function(function)
        if found is None:
            raise KeyError(function)
        live = [environment for environment in self._groups[found.logical_id].live if environment.pid]
        for environment in live:
            environment.kill()
        return len(live)

    async def stop(self) -> None:
        """Ends every environment; invocations under way get the outcome of a process that exited."""
        self._closed = True
        for timer in self._idle_timers.values():
            timer.cancel()
        for chore in list(self._chores):
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        groups = {*self._groups.values(), *self._homes.values()}
        await asyncio.gather(*(environment.stop() for environment in list(self._homes)))
        for group in groups:
            while waiter := _pop_waiter(group):
                waiter.set_exception(_stopped())
        await asyncio.gather(*self._runs, return_exceptions=True)

    def _admit(self, group: _Group) -> None:
        reserved = group.function.reserved_concurrency
        if reserved is None:
            return
        busy = sum(environment.busy for environment in group.live) + len(group.waiting)
        if busy >= reserved:
            raise TooManyRequestsError(
                f"{group.function.name} has {reserved} reserved concurrent executions, and all are in use"
            )

    def _told(self, function: Function, invocation: Invocation) -> _Conclude:
        """Tells the observer that it begins, and gives what tells of its end."""
        ended = self._observer.invocation(function.logical_id, invocation.request_id, invocation.payload)

        def conclude(outcome: Outcome, init_ms: float) -> None:
            _log_outcome(function, outcome, init_ms)
            ended(outcome, init_ms, invocation.lines)

        return conclude

    async def _run(self, group: _Group, invocation: Invocation, conclude: _Conclude) -> Outcome:
        fault = invocation.fault
        if fault is not None and fault.action == "fail" and fault["when"] == "before":
            payload = answers.injected(invocation.request_id, fault["message"])
            outcome = Outcome(request_id=invocation.request_id, payload=payload, error="Unhandled")
        else:
            try:
                environment = await self._acquire(group)
            except EnvironmentFailedError as failed:
                outcome = _init_outcome(failed, invocation.request_id)
            else:
                return await environment.run(invocation, conclude)
        conclude(outcome, 0.0)
        return outcome

    async def _acquire(self, group: _Group) -> Environment:
        if group.idle:
            return self._take_idle(group)
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Environment] = loop.create_future()
        group.waiting.append(waiter)
        if len(group.live) == group.starting:
            self._grow(group)
        else:
            loop.call_later(_PATIENCE_SECONDS, self._grow, group)
        return await waiter

    def _take_idle(self, group: _Group) -> Environment:
        environment = group.idle.pop()
        self._idle_timers.pop(environment).cancel()
        return environment

    def _grow(self, group: _Group) -> None:
        """Starts environments for those that wait, if it may."""
        while not self._closed and group.starting < len(group.waiting) and len(group.live) < group.limit:
            environment = Environment(
                group.function,
                services=self._services,
                log=self._log,
                on_ready=self._offer,
                on_exit=self._forget,
            )
            self._homes[environment] = group
            group.live.add(environment)
            group.starting += 1
            _hold(self._chores, asyncio.create_task(self._start(group, environment)))

    async def _start(self, group: _Group, environment: Environment) -> None:
        try:
            await environment.start()
        except EnvironmentFailedError as failed:
            waiter = _pop_waiter(group)
            if waiter is not None:
                waiter.set_exception(failed)
            await environment.stop()
            self._forget(environment)
        else:
            self._offer(environment)
        finally:
            group.starting -= 1
            self._grow(group)

    def _offer(self, environment: Environment) -> None:
        """A free environment: to whoever has waited longest, else to the idle ones."""
        group = self._homes.get(environment)
        if group is None:
            return
        if environment.function is not group.function:
            self._retire(environment)
            return
        waiter = _pop_waiter(group)
        if waiter is not None:
            waiter.set_result(environment)
            return
        group.idle.append(environment)
        self._idle_timers[environment] = asyncio.get_running_loop().call_later(
            self._idle_seconds, self._retire, environment
        )

    def _retire(self, environment: Environment) -> None:
        self._take_off(environment)
        _hold(self._chores, asyncio.create_task(self._end(environment)))

    async def _end(self, environment: Environment) -> None:
        # Counted until it is gone: the bound is one of processes.
        await environment.stop()
        self._forget(environment)

    def _take_off(self, environment: Environment) -> None:
        """It is not to be offered any more."""
        with contextlib.suppress(ValueError):
            self._homes[environment].idle.remove(environment)
        timer = self._idle_timers.pop(environment, None)
        if timer is not None:
            timer.cancel()

    def _forget(self, environment: Environment) -> None:
        group = self._homes.get(environment)
        if group is None:
            return
        self._take_off(environment)
        del self._homes[environment]
        group.live.discard(environment)
        self._grow(group)


def _log_outcome(function: Function, outcome: Outcome, init_ms: float) -> None:
    level = logging.INFO if outcome.error is None else logging.WARNING
    if logger.isEnabledFor(level):
        logger.log(
            level,
            "%s",
            loglines.summary(outcome, init_ms),
            extra={
                "kind": "invocation",
                "function": function.logical_id,
                "request_id": outcome.request_id,
                "duration_ms": outcome.duration_ms,
                "init_ms": init_ms if outcome.cold else None,
                "cold": outcome.cold,
                "error": outcome.error,
            },
        )


def _hold(tasks: set[asyncio.Task[T]], task: asyncio.Task[T]) -> None:
    """The event loop itself holds tasks weakly."""
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def _pop_waiter(group: _Group) -> asyncio.Future[Environment] | None:
    while group.waiting:
        waiter = group.waiting.popleft()
        if not waiter.done():
            return waiter
    return None


def _stopped() -> EnvironmentFailedError:
    reason = answers.failure("", "Runtime.ExitError", "the emulator stopped before the function was started")
    return EnvironmentFailedError("Runtime.ExitError", reason.payload)


def _init_outcome(failed: EnvironmentFailedError, request_id: str) -> Outcome:
    """The error object of a function that could not be loaded, with the invocation's id put in."""
    body = json.loads(failed.payload)
    body["requestId"] = request_id
    return Outcome(
        request_id=request_id, payload=json.dumps(body).encode(), error=failed.error_type, cold=True
    )
