"""An execution environment: a runtime process that takes one invocation after the other.

The process asks for work and answers over the Runtime API (`runtime_api.py`), which calls `next`, `respond`, `fail`
and `fail_init` here; the pool calls `start`, `run` and `stop`. Only the Runtime API can answer an invocation: what
the function prints is log and nothing else.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import mkdtemp

from local_emulator import http1, nodejs
from local_emulator.functions import answers, debugging, loglines
from local_emulator.functions.process import RuntimeProcess
from local_emulator.functions.runtime_api import Invocation, RuntimeApi
from local_emulator.functions.variables import function_variables
from local_emulator.invocation import Outcome
from local_emulator.model import Function

FunctionLog = Callable[[str, str], None]
"""Takes a function's logical id and one line of its log."""

_LINES = 1000
"""How many lines of its log an invocation keeps, the last ones."""
_INIT_SECONDS = 10.0
"""Lambda's limit of the init phase; what is not ready then may use the invocation's own time-out too."""


class EnvironmentFailedError(Exception):
    """The environment ended before it could take an invocation: `error_type` and Lambda's error object."""

    def __init__(self, error_type: str, payload: bytes) -> None:
        super().__init__(error_type)
        self.error_type = error_type
        self.payload = payload


class Environment:
    """One runtime process and the invocation that it works on."""

    def __init__(
        self,
        function: Function,
        *,
        services: Mapping[str, str],
        log: FunctionLog,
        on_ready: Callable[[Environment], None],
        on_exit: Callable[[Environment], None],
    ) -> None:
        self.function = function
        self.init_ms = 0.0
        self._services = services
        self._log = log
        self._on_ready = on_ready
        self._on_exit = on_exit
        loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = loop.create_future()
        self._take: Callable[[Invocation], None] | None = None
        """Gives the process an invocation; None while it has not asked for one."""
        self._current: Invocation | None = None
        self._outcome: asyncio.Future[Outcome] | None = None
        self._invocations = 0
        # What is written while the code loads belongs to the first invocation.
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._conclude: Callable[[Outcome, float], None]
        self._untold: tuple[Invocation, Outcome] | None = None
        self._deadline = 0.0
        """Of the invocation that runs, on the loop's clock."""
        self._overdue: asyncio.TimerHandle | None = None
        self._killing: asyncio.TimerHandle | None = None
        self._process: RuntimeProcess | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._api: asyncio.Server | None = None
        self._temporary = Path(mkdtemp(prefix="lambda-"))

    @property
    def pid(self) -> int:
        """The runtime process, 0 before it is started."""
        return self._process.pid if self._process else 0

    @property
    def busy(self) -> bool:
        """Whether an invocation runs in it."""
        return self._outcome is not None

    @property
    def function_arn(self) -> str:
        """What runs in it."""
        return self.function.arn

    async def start(self) -> None:
        """Starts the process and waits until it asks for its first invocation.

        Raises:
            EnvironmentFailedError: it ended, reported an error (case H7), or took too long.
        """
        started = time.perf_counter()
        try:
            self._process = await self._launch()
        except OSError as error:
            self._clean_up()
            raise self._init_failure("Runtime.InvalidEntrypoint", str(error)) from error
        self._watcher = asyncio.create_task(self._watch(self._process))
        try:
            async with asyncio.timeout(_INIT_SECONDS + self.function.timeout_seconds):
                await asyncio.shield(self._ready)
        except TimeoutError as error:
            self._process.kill()
            raise self._init_failure("Sandbox.Timedout", "The function took too long to load") from error
        finally:
            self.init_ms = (time.perf_counter() - started) * 1000

    async def _launch(self) -> RuntimeProcess:
        self._api = await http1.serve(RuntimeApi(self))
        host, port = self._api.sockets[0].getsockname()
        variables = function_variables(
            self.function,
            runtime_api=f"{host}:{port}",
            services=self._services,
            temporary=self._temporary,
        )
        if nodejs.is_nodejs(self.function):
            command = nodejs.command(self.function)
        else:
            # -S: see function_variables on what may be imported.
            debugger = debugging.python_arguments(self.function)
            command = [sys.executable, "-S", *debugger, "-m", "awslambdaric", self.function.handler]
        announcement = debugging.announcement(self.function)
        if announcement is not None:
            self._line(announcement)
        return await RuntimeProcess.start(
            command, cwd=self.function.code, variables=variables, on_line=self._line
        )

    def run(
        self, invocation: Invocation, conclude: Callable[[Outcome, float], None]
    ) -> asyncio.Future[Outcome]:
        """Hands one invocation to the process, and gives its outcome when it is there; the environment must be free.

        The invocation goes on where the caller cancels that. `conclude` is told of the outcome in any case, right after
        the caller, and of the milliseconds that the process took to start.
        """
        assert self._process is not None
        assert self._outcome is None
        self._invocations += 1
        loop = asyncio.get_running_loop()
        self._outcome = loop.create_future()
        self._current = invocation
        self._conclude = conclude
        self._hand_over(invocation)
        # Still before anything that the process writes can be read.
        self._line(loglines.start(invocation.request_id))
        self._deadline = loop.time() + self.function.timeout_seconds
        if self._overdue is None:
            self._check_deadline()
        return self._outcome

    def kill(self) -> None:
        """Ends the process at once, as when Lambda loses a machine."""
        if self._process is not None:
            self._process.kill()

    async def stop(self) -> None:
        """Ends the process; an invocation that still runs gets the outcome of a process that exited."""
        if self._process is not None and self._watcher is not None:
            await self._process.stop()
            await self._watcher
        self._clean_up()

    # What the Runtime API calls

    def next(self, take: Callable[[Invocation], None]) -> None:
        """The process is free: `take` is called with its next invocation, when there is one."""
        self._tell()
        self._take = take
        if not self._ready.done():
            self._ready.set_result(None)
        elif self._outcome is None:
            self._on_ready(self)

    def _hand_over(self, invocation: Invocation) -> None:
        """The process, which has asked for it, gets the invocation; a fault of that comes first."""
        take, self._take = self._take, None
        assert take is not None
        assert self._process is not None
        invocation.started = time.perf_counter()
        invocation.deadline_ms = int((time.time() + self.function.timeout_seconds) * 1000)
        fault, loop = invocation.fault, asyncio.get_running_loop()
        if fault is not None and fault.action == "delay":
            loop.call_later(fault["seconds"], take, invocation)
            return
        if fault is not None and fault.action == "kill" and fault["when"] == "before":
            if not fault["seconds"]:
                self._process.kill()
                return
            self._killing = loop.call_later(fault["seconds"], self._process.kill)
        take(invocation)

    def respond(self, request_id: str, payload: bytes) -> bool:
        """The function answered. False if nothing waits for that answer."""
        return self._settle(request_id, payload, None)

    def fail(self, request_id: str, payload: bytes) -> bool:
        """The function raised. False if nothing waits for that answer."""
        return self._settle(request_id, payload, "Unhandled")

    def fail_init(self, error_type: str, payload: bytes) -> None:
        """The function could not be loaded."""
        advice = nodejs.advice(payload)
        if advice is not None:
            self._line(advice)
        self._fail_ready(EnvironmentFailedError(error_type, payload))

    # Inside

    @property
    def _cold(self) -> bool:
        return self._invocations == 1

    def _duration_ms(self, invocation: Invocation) -> float:
        """How long the runtime has had it; 0 if it has not taken it yet."""
        return (time.perf_counter() - invocation.started) * 1000 if invocation.started else 0.0

    def _check_deadline(self) -> None:
        # One timer that looks at the deadline, instead of one that each invocation sets anew.
        self._overdue = None
        if self._current is None:
            return
        loop = asyncio.get_running_loop()
        left = self._deadline - loop.time()
        if left > 0:
            self._overdue = loop.call_later(left, self._check_deadline)
        else:
            self._time_out(self._current)

    def _time_out(self, invocation: Invocation) -> None:
        assert self._process is not None
        self._process.kill()
        timeout = self.function.timeout_seconds
        self._finish(
            answers.timed_out(invocation.request_id, timeout, duration_ms=timeout * 1000.0, cold=self._cold)
        )

    def _settle(self, request_id: str, payload: bytes, error: str | None) -> bool:
        invocation = self._current
        if invocation is None or invocation.request_id != request_id:
            return False
        duration_ms = self._duration_ms(invocation)
        fault = invocation.fault
        if fault is not None and fault.settings.get("when") == "after":
            if fault.action == "kill":
                # The answer is lost with the process, whose end gives the outcome.
                assert self._process is not None
                self._process.kill()
                return True
            payload, error = answers.injected(request_id, fault["message"]), "Unhandled"
        if len(payload) > answers.MAX_PAYLOAD_BYTES:
            outcome = answers.answer_too_large(
                request_id, len(payload), duration_ms=duration_ms, cold=self._cold
            )
        else:
            outcome = Outcome(
                request_id=request_id, payload=payload, error=error, duration_ms=duration_ms, cold=self._cold
            )
        self._finish(outcome)
        return True

    def _finish(self, outcome: Outcome) -> None:
        """Ends the current invocation. Whoever waits for the outcome goes on first, and then its log is seen to."""
        assert self._outcome is not None
        assert self._current is not None
        if self._killing is not None:
            self._killing.cancel()
            self._killing = None
        if not self._outcome.done():
            self._outcome.set_result(outcome)
        self._untold = self._current, outcome
        self._outcome = self._current = None
        asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        """Writes the platform's last lines about an invocation that has ended, once: soon after it, and before the
        process takes the next one."""
        if self._untold is None:
            return
        (invocation, outcome), self._untold = self._untold, None
        assert self._process is not None
        self._process.drain()
        self._line(loglines.end(outcome.request_id))
        self._line(
            loglines.report(
                outcome,
                memory_mb=self.function.memory_mb,
                used_mb=self._process.peak_memory_mb(),
                init_ms=self.init_ms if outcome.cold else None,
            )
        )
        invocation.lines = tuple(self._lines)
        self._lines.clear()
        self._conclude(outcome, self.init_ms)

    async def _watch(self, process: RuntimeProcess) -> None:
        returncode = await process.wait()
        process.close()
        self._tell()
        self._fail_ready(EnvironmentFailedError("Runtime.ExitError", answers.exited("", returncode).payload))
        invocation = self._current
        if invocation is not None:
            duration_ms = self._duration_ms(invocation)
            self._finish(
                answers.exited(invocation.request_id, returncode, duration_ms=duration_ms, cold=self._cold)
            )
            self._tell()
        self._clean_up()
        self._on_exit(self)

    def _fail_ready(self, failure: EnvironmentFailedError) -> None:
        if not self._ready.done():
            self._ready.set_exception(failure)
            # Looked at here, for nobody may wait for it any more.
            self._ready.exception()

    def _init_failure(self, error_type: str, message: str) -> EnvironmentFailedError:
        return EnvironmentFailedError(error_type, answers.failure("", error_type, message).payload)

    def _line(self, line: str) -> None:
        self._lines.append(line)
        self._log(self.function.logical_id, line)

    def _clean_up(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
        if self._api is not None:
            self._api.close()
        shutil.rmtree(self._temporary, ignore_errors=True)
