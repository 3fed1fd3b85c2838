"""An emulator for tests, in a thread of its own: plain calls for tests that are written with or without asyncio.

`local_emulator.pytest_plugin` gives it as a fixture; any other framework can use it as a context manager.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from local_emulator import services
from local_emulator.emulator import Emulator
from local_emulator.functions import loglines
from local_emulator.functions.pool import EnvironmentInfo
from local_emulator.gateway.websocket.connections import Connection
from local_emulator.settings import Settings
from local_emulator.testing import leaks
from local_emulator.testing.faults import FaultControl

if TYPE_CHECKING:
    import httpx
    from websockets.asyncio.client import connect as AsyncConnect  # noqa: N812 a class, whatever its case
    from websockets.sync.client import ClientConnection

T = TypeVar("T")

_SECONDS = 60.0
"""How long anything asked of the emulator may take."""
_LOG_LINES = 100_000


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """What came of a function's invocation."""

    value: Any
    """Its answer, or Lambda's error object (`errorMessage`, `errorType`…)."""
    error: str | None
    """None, `Unhandled`, or the runtime's own type such as `Runtime.ExitError`."""
    request_id: str
    duration_ms: float
    cold: bool
    logs: list[str]
    """Its lines, from START to REPORT."""


class TestEmulator:
    """A template, running in a thread of its own, and the clients that a test needs."""

    __test__ = False
    """pytest takes classes of such a name for tests."""

    def __init__(self, template: Path, *, data_folder: Path, **options: Any) -> None:
        """`options` are those of `Settings`."""
        self.faults = FaultControl(self)
        self._options = {"template": template, "data_folder": data_folder, **options}
        self._lines: deque[tuple[str, str]] = deque(maxlen=_LOG_LINES)
        self.running: Emulator
        """For what is not asked for here; in its own loop: see `call` and `call_soon`."""
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._started: Future[None] = Future()
        self._leaked: list[str] = []
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="local_emulator")
        self._http: httpx.Client | None = None
        self._clients: list[Any] = []

    # its life

    def start(self) -> Self:
        """Starts it and waits until it serves. Raises what `Emulator` raises."""
        self._thread.start()
        self._started.result(_SECONDS)
        return self

    def stop(self) -> list[str]:
        """Stops it, and says what it left behind: tasks, and processes that its functions started."""
        self.release()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_SECONDS)
        return [*self._leaked, *(["the emulator's thread still runs"] if self._thread.is_alive() else [])]

    def release(self) -> None:
        """Between two tests: no rules, no clients, no connections."""
        self.faults.clear()
        for connection in self.connections():
            self.call_soon(connection.socket.abort)
        for client in self._clients:
            client.close()
        self._clients.clear()
        if self._http is not None:
            self._http.close()
            self._http = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        stack = AsyncExitStack()
        try:
            self.running = await stack.enter_async_context(Emulator(Settings(**self._options), log=self._log))
        except BaseException as error:  # noqa: BLE001 raised again in the thread that waits
            self._started.set_exception(error)
            return
        self._started.set_result(None)
        async with stack:
            await self._stop.wait()
        self._leaked = [
            *await leaks.tasks(),
            *await leaks.processes(self.running.environment["AWS_ENDPOINT_URL_LAMBDA"]),
        ]

    def _log(self, function: str, line: str) -> None:
        self._lines.append((function, line))
        loglines.log(function, line)

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine in the emulator's loop and waits for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_SECONDS)

    def call_soon(self, work: Callable[..., T], *arguments: Any) -> T:
        """Calls a function in the emulator's loop and waits for what it gives."""

        async def run() -> T:
            return work(*arguments)

        return self.call(run())

    # what a test uses

    @property
    def url(self) -> str:
        """The APIs' base URL, such as `http://localhost:41233`."""
        return self.running.url

    @property
    def outputs(self) -> Mapping[str, str]:
        """The template's outputs, with local URLs."""
        return self.running.application.outputs

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables by which any SDK reaches the same services as the functions."""
        return self.running.environment

    @property
    def http(self) -> httpx.Client:
        """A client whose base URL is the APIs'."""
        import httpx

        if self._http is None:
            self._http = httpx.Client(base_url=self.url, trust_env=False, timeout=_SECONDS)
        return self._http

    def socket_url(self, where: str | None = None) -> str:
        """A WebSocket API's URL, by its logical id or a path; by neither, the only one's."""
        base = self.url.replace("http", "ws", 1)
        if where is not None and where.startswith("/"):
            return base + where
        apis = {api.logical_id: api for api in self.running.application.websocket_apis}
        names = [where] if where is not None else list(apis)
        if len(names) != 1 or names[0] not in apis:
            raise LookupError(
                f"which WebSocket API? {where!r} is asked for; there are: {', '.join(apis) or 'none'}"
            )
        return f"{base}{apis[names[0]].prefix}/{apis[names[0]].stage.name}"

    def connect(
        self, where: str | None = None, *, query: str = "", **options: Any
    ) -> AbstractContextManager[ClientConnection]:
        """A WebSocket, by an API's logical id or a path: `with emulator.connect() as socket`."""
        from websockets.sync.client import connect

        made: AbstractContextManager[ClientConnection] = connect(
            self.socket_url(where) + query, proxy=None, **options
        )
        return made

    def connect_async(self, where: str | None = None, *, query: str = "", **options: Any) -> AsyncConnect:
        """The same for a coroutine: `async with emulator.connect_async() as socket`."""
        from websockets.asyncio.client import connect

        return connect(self.socket_url(where) + query, proxy=None, **options)

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of the services that the functions use, closed after the test."""
        made = services.client(service, self.environment, **options)
        self._clients.append(made)
        return made

    def management(self, where: str | None = None) -> Any:
        """A boto3 client of a WebSocket API's @connections."""
        url = self.socket_url(where).replace("ws", "http", 1)
        variables = {**self.environment, "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": url}
        made = services.client("apigatewaymanagementapi", variables)
        self._clients.append(made)
        return made

    def invoke(self, function: str, event: Any = None) -> Invocation:
        """Invokes a function by its logical id and waits. Raises KeyError where there is none."""
        payload = json.dumps({} if event is None else event).encode()
        outcome = self.call(self.running.pool.invoke_raw(function, payload))
        return Invocation(
            value=outcome.value(),
            error=outcome.error,
            request_id=outcome.request_id,
            duration_ms=outcome.duration_ms,
            cold=outcome.cold,
            logs=_between(self.logs(function), outcome.request_id),
        )

    def logs(self, function: str | None = None) -> list[str]:
        """The lines that a function, or all of them, have written."""
        return [line for name, line in list(self._lines) if function in (None, name)]

    def connections(self) -> list[Connection]:
        """The open WebSocket connections."""
        return self.call_soon(lambda: self.running.gateway.connections())

    def environments(self) -> list[EnvironmentInfo]:
        """The functions' processes."""
        return self.call_soon(self.running.pool.environments)


def _between(lines: list[str], request_id: str) -> list[str]:
    numbers = [number for number, line in enumerate(lines) if f"RequestId: {request_id}" in line]
    return lines[numbers[0] : numbers[-1] + 1] if numbers else []
