"""The floor: the least that a WebSocket API in Python can cost, with none of API Gateway's rules.

    python -m benchmarks.peers.floor --port 3000 [--awslambdaric]

A bare `websockets` server on `port`; `POST /@connections/{id}` on the next one. The handlers run in its process, or,
with --awslambdaric, in Lambda's own runtime processes behind the least of a Runtime API: as many a function as the
machine has processors, started when they are first needed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol, cast

import httptools
import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

APP = Path(__file__).parent / "app"
HANDLERS = {
    "$connect": "handlers.connect",
    "$disconnect": "handlers.disconnect",
    "echo": "handlers.echo",
    "push": "push.push",
}
_BACKLOG = 1024


class Http(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, one request at a time: `answer` is to call `reply`, now or later."""

    def __init__(self, answer: Callable[[Http, str, bytes], None]) -> None:
        self._answer = answer
        self._parser = httptools.HttpRequestParser(self)
        self._path = ""
        self._body = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path, self._body = url.decode(), b""

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self._answer(self, self._path, self._body)

    def reply(self, status: int, body: bytes = b"", headers: str = "") -> None:
        """Answers the request; `headers` end in CRLF."""
        head = f"HTTP/1.1 {status} \r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


class Runs(Protocol):
    """Runs a route's handler."""

    async def run(self, route: str, event: dict[str, Any]) -> dict[str, Any]:
        """What the handler returned."""
        ...

    def stop(self) -> None:
        """Ends what was started."""


class InProcess:
    """Calls the handlers; `push` in a thread, since its post comes back to this very loop."""

    def __init__(self) -> None:
        sys.path.insert(0, str(APP))
        import handlers  # type: ignore[import-not-found]
        import push  # type: ignore[import-not-found]

        self._handlers = {
            "$connect": handlers.connect,
            "$disconnect": handlers.disconnect,
            "echo": handlers.echo,
        }
        self._push = push.push

    async def run(self, route: str, event: dict[str, Any]) -> dict[str, Any]:
        handler = self._handlers.get(route)
        answer = handler(event, None) if handler else await asyncio.to_thread(self._push, event, None)
        return cast("dict[str, Any]", answer)

    def stop(self) -> None:
        pass


class _Function:
    """A Runtime API, and the processes that ask it for work."""

    def __init__(self, handler: str) -> None:
        self._handler = handler
        self._port = 0
        self._free: deque[Http] = deque()
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._answers: dict[str, asyncio.Future[bytes]] = {}
        self.processes: list[subprocess.Popen[bytes]] = []

    async def start(self) -> None:
        server = await asyncio.get_running_loop().create_server(lambda: Http(self._serve), "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]

    def run(self, event: bytes) -> asyncio.Future[bytes]:
        request_id = secrets.token_hex(16)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._answers[request_id] = answer
        if self._free:
            self._give(self._free.popleft(), request_id, event)
        else:
            self._waiting.append((request_id, event))
            if len(self.processes) < (os.cpu_count() or 1):
                self._grow()
        return answer

    def _grow(self) -> None:
        variables = {
            **os.environ,
            "PYTHONPATH": str(APP),
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._port}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        }
        command = [sys.executable, "-m", "awslambdaric", self._handler]
        self.processes.append(subprocess.Popen(command, cwd=APP, env=variables))

    def _serve(self, http: Http, path: str, body: bytes) -> None:
        if path.endswith("/next"):
            if self._waiting:
                self._give(http, *self._waiting.popleft())
            else:
                self._free.append(http)
            return
        request_id = path.split("/")[-2]
        http.reply(202)
        self._answers.pop(request_id).set_result(body)

    def _give(self, http: Http, request_id: str, event: bytes) -> None:
        headers = (
            "Content-Type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: {request_id}\r\n"
            "Lambda-Runtime-Deadline-Ms: 4102444800000\r\n"
            "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:floor\r\n"
            "Lambda-Runtime-Trace-Id: Root=1-00000000-000000000000000000000000\r\n"
        )
        http.reply(200, event, headers)


class Processes:
    """Lambda's runtime processes."""

    def __init__(self) -> None:
        self._functions = {route: _Function(handler) for route, handler in HANDLERS.items()}

    async def start(self) -> None:
        """Opens the Runtime APIs."""
        for function in self._functions.values():
            await function.start()

    async def run(self, route: str, event: dict[str, Any]) -> dict[str, Any]:
        answer = await self._functions[route].run(json.dumps(event).encode())
        return cast("dict[str, Any]", json.loads(answer))

    def stop(self) -> None:
        processes = [process for function in self._functions.values() for process in function.processes]
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


class Floor:
    """The server."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._connections: dict[str, ServerConnection] = {}
        self._posts: set[asyncio.Task[None]] = set()

    async def connecting(self, connection: ServerConnection, request: Request) -> Response | None:
        """Withholds the upgrade until `$connect` has returned."""
        connection_id = connection.id.hex
        answer = await self._runs.run("$connect", _event(connection_id, "$connect"))
        if answer["statusCode"] != 200:
            return connection.respond(HTTPStatus.FORBIDDEN, "")
        return None

    async def serve(self, connection: ServerConnection) -> None:
        """Runs what its messages ask for, one after the other."""
        connection_id = connection.id.hex
        self._connections[connection_id] = connection
        try:
            async for message in connection:
                route = json.loads(message)["action"]
                answer = await self._runs.run(route, {**_event(connection_id, route), "body": message})
                if "body" in answer:
                    await connection.send(answer["body"])
        except ConnectionClosed:
            pass
        finally:
            del self._connections[connection_id]
            await self._runs.run("$disconnect", _event(connection_id, "$disconnect"))

    def post(self, http: Http, path: str, body: bytes) -> None:
        """`POST /@connections/{id}`."""
        connection = self._connections.get(path.rpartition("/")[2])
        if connection is None:
            http.reply(410)
            return
        task = asyncio.create_task(self._post(http, connection, body.decode()))
        self._posts.add(task)
        task.add_done_callback(self._posts.discard)

    @staticmethod
    async def _post(http: Http, connection: ServerConnection, text: str) -> None:
        with contextlib.suppress(ConnectionClosed):
            await connection.send(text)
        http.reply(200)


def _event(connection_id: str, route: str) -> dict[str, Any]:
    return {"requestContext": {"connectionId": connection_id, "routeKey": route}}


async def _main(port: int, *, awslambdaric: bool) -> None:
    loop = asyncio.get_running_loop()
    runs: Runs
    if awslambdaric:
        runs = processes = Processes()
        await processes.start()
    else:
        runs = InProcess()
    floor = Floor(runs)
    await loop.create_server(lambda: Http(floor.post), "127.0.0.1", port + 1, backlog=_BACKLOG)

    def stop() -> None:
        # At once: nobody waits for a floor's farewell.
        runs.stop()
        os._exit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    async with serve(
        floor.serve,
        "127.0.0.1",
        port,
        process_request=floor.connecting,
        compression=None,
        ping_interval=None,
        open_timeout=None,
        close_timeout=1,
        backlog=_BACKLOG,
    ):
        await loop.create_future()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers.floor")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--awslambdaric", action="store_true")
    options = parser.parse_args()
    uvloop.run(_main(options.port, awslambdaric=options.awslambdaric))
