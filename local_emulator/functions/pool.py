"""Invokes functions: by whatever name, with what goes wrong on demand, telling whoever listens."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_emulator.faults import Faults
from local_emulator.functions import answers, loglines
from local_emulator.functions.environment import (
    Environment,
    EnvironmentFailedError,
    FunctionLog,
)
from local_emulator.functions.group import Group
from local_emulator.functions.runtime_api import Invocation
from local_emulator.invocation import Outcome, TooManyRequestsError
from local_emulator.model import Function
from local_emulator.observer import NOBODY, Observer

_Conclude = Callable[[Outcome, float], None]
"""Takes an invocation's outcome, and the milliseconds that its environment took to start."""

logger = logging.getLogger(__name__)

IDLE_SECONDS = 300.0
"""How long an idle environment is kept by default. AWS gives no number; minutes are what is seen there."""


@dataclass(frozen=True, kw_only=True)
class EnvironmentInfo:
    """One running environment, for people and tests."""

    function: str
    pid: int
    busy: bool


class Pool:
    """Invokes functions (an `Invoker`)."""

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
        self._groups = {logical_id: self._group(function) for logical_id, function in functions.items()}
        self._gone: list[Group] = []
        """Of functions that are no longer there, with environments that may still be busy."""
        self._services: Mapping[str, str] = {}
        self._log = log
        self._runs: set[asyncio.Task[Outcome]] = set()
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
            for group in self._every_group()
            for environment in group.environments
        ]

    def update(self, functions: Mapping[str, Function]) -> list[str]:
        """Takes these functions in the place of all; those that changed, whose environments are replaced.

        An invocation that runs, or waits, in one that changed or is gone comes to its end as it was.
        """
        changed = []
        self._gone = [group for group in self._gone if not group.ended]
        for logical_id in self._groups.keys() - functions.keys():
            self.renew(logical_id)
            self._gone.append(self._groups.pop(logical_id))
        for logical_id, function in functions.items():
            group = self._groups.get(logical_id)
            if group is None:
                self._groups[logical_id] = self._group(function)
            elif group.function != function:
                group.renew(function)
                changed.append(logical_id)
        return changed

    def renew(self, logical_id: str) -> None:
        """Replaces the environments of a function whose code has changed: idle ones at once, busy ones afterwards."""
        self._groups[logical_id].renew()

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
        environment = group.take_idle() if fault is None else None
        if environment is not None:
            # Most find one free, whose own time-out comes first; else it works on when its caller has given up.
            outcome = environment.run(invocation, conclude)
            if timeout_seconds is None or environment.function.timeout_seconds < timeout_seconds:
                return await outcome
            async with asyncio.timeout(timeout_seconds):
                return await outcome
        async with asyncio.timeout(timeout_seconds):
            task = asyncio.create_task(self._run(group, invocation, conclude))
            self._runs.add(task)
            task.add_done_callback(self._runs.discard)
            return await asyncio.shield(task)

    def kill(self, function: str) -> int:
        """Kills every environment of a function, by any of its names; how many there were.

        Raises:
            KeyError: there is no such function.
        """
        found = self.function(function)
        if found is None:
            raise KeyError(function)
        live = self._groups[found.logical_id].environments
        for environment in live:
            environment.kill()
        return len(live)

    async def stop(self) -> None:
        """Ends every environment; invocations under way get the outcome of a process that exited."""
        self._closed = True
        await asyncio.gather(*(group.stop(_stopped()) for group in self._every_group()))
        await asyncio.gather(*self._runs, return_exceptions=True)

    def _group(self, function: Function) -> Group:
        return Group(function, self._environment, idle_seconds=self._idle_seconds)

    def _environment(
        self,
        function: Function,
        on_ready: Callable[[Environment], None],
        on_exit: Callable[[Environment], None],
    ) -> Environment:
        return Environment(
            function, services=self._services, log=self._log, on_ready=on_ready, on_exit=on_exit
        )

    def _every_group(self) -> list[Group]:
        return [*self._groups.values(), *self._gone]

    def _admit(self, group: Group) -> None:
        reserved = group.function.reserved_concurrency
        if reserved is None:
            return
        if group.wanted >= reserved:
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

    async def _run(self, group: Group, invocation: Invocation, conclude: _Conclude) -> Outcome:
        fault = invocation.fault
        if fault is not None and fault.action == "fail" and fault["when"] == "before":
            payload = answers.injected(invocation.request_id, fault["message"])
            outcome = Outcome(request_id=invocation.request_id, payload=payload, error="Unhandled")
        else:
            try:
                environment = await group.acquire()
            except EnvironmentFailedError as failed:
                outcome = _init_outcome(failed, invocation.request_id)
            else:
                return await environment.run(invocation, conclude)
        conclude(outcome, 0.0)
        return outcome


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
