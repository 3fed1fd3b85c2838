"""A function under debugpy, with a client that speaks the Debug Adapter Protocol."""

from __future__ import annotations

import asyncio
import inspect
import json
import socket
from typing import Any

from local_emulator.functions.debugging import debugged
from local_emulator.functions.pool import Pool
from tests.integration.emulator.functions import general
from tests.integration.emulator.helpers import FUNCTIONS, alive, eventually, function


class Debugger:
    """As much of the protocol as a breakpoint needs: messages are JSON behind a Content-Length header."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._number = 0

    def ask(self, command: str, **arguments: Any) -> None:
        self._number += 1
        message = {"seq": self._number, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(message).encode()
        self._writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def hear(self, kind: str, name: str) -> dict[str, Any]:
        """The next message that is this event, or the response to this command."""
        async with asyncio.timeout(30):
            while True:
                head = await self._reader.readuntil(b"\r\n\r\n")
                message: dict[str, Any] = json.loads(
                    await self._reader.readexactly(int(head.split(b":")[1].split(b"\r")[0]))
                )
                if (message["type"], message.get(kind, "")) == (
                    "event" if kind == "event" else "response",
                    name,
                ):
                    return message


async def attach(port: int) -> Debugger:
    async def connected() -> Any:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return None

    debugger = Debugger(*await eventually(connected, 30))
    debugger.ask("initialize", adapterID="test", pathFormat="path")
    await debugger.hear("command", "initialize")
    debugger.ask("attach", justMyCode=False)
    await debugger.hear("event", "initialized")
    return debugger


async def test_function_stops_at_a_breakpoint_for_longer_than_its_time_out() -> None:
    """It waits for the debugger, stops where it is told to, and answers when it may go on; its process ends with us."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    lines: list[str] = []
    functions = debugged({"F": function("general.misbehave", timeout_seconds=1)}, port, ["F"])
    pool = Pool(functions, log=lambda _, line: lines.append(line))
    pool.open({})
    invoking = asyncio.create_task(pool.invoke("F", {"print": "hello"}, timeout_seconds=1))
    try:
        debugger = await attach(port)
        assert any(f"127.0.0.1:{port}" in line for line in lines)
        source, first = inspect.getsourcelines(general.misbehave)
        line = first + next(number for number, text in enumerate(source) if "if " in text)
        path = str(FUNCTIONS / "general.py")
        debugger.ask("setBreakpoints", source={"path": path}, breakpoints=[{"line": line}])
        await debugger.hear("command", "setBreakpoints")
        debugger.ask("configurationDone")

        stopped = await debugger.hear("event", "stopped")
        assert "breakpoint" == stopped["body"]["reason"]
        done, _ = await asyncio.wait({invoking}, timeout=1.5)
        assert not done
        pids = [environment.pid for environment in pool.environments()]
        debugger.ask("continue", threadId=stopped["body"]["threadId"])

        assert (await invoking).error is None
        assert "hello" in lines
        assert 1 == len(pids)
        await debugger.close()
    finally:
        await pool.stop()
    await eventually(lambda: not any(alive(pid) for pid in pids))
