"""The control API at `/_faults`: rules while the emulator runs, and what can be done at once.

GET /_faults                       the rules, with how often each matched (`seen`) and struck (`struck`)
PUT /_faults                       these rules and no others
POST /_faults                      one more rule, or several
DELETE /_faults, /_faults/{name}   none, or one less
GET /_faults/connections           the open connections
POST /_faults/connections/{id}     drop, close or stall one now; `*` for all
POST /_faults/functions/{name}     kill a function's environments now

A body is JSON, and said to be. Clients of this machine alone are served, and no page of another origin.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from local_emulator.faults.engine import Fault, Faults
from local_emulator.faults.rules import FaultsError, Rule, check_names, parse
from local_emulator.guard import objection
from local_emulator.http1 import Request, Response


class Connection(Protocol):
    """An open connection, as this API needs it."""

    @property
    def connection_id(self) -> str:
        """API Gateway's."""
        ...

    @property
    def api(self) -> str:
        """Logical id of its API."""
        ...

    def suffer(self, fault: Fault) -> bool:
        """Drops, closes or stalls it."""
        ...


class Remote(Protocol):
    """The process that has the rules for tables."""

    async def tell(self, method: str, path: str, rules: Iterable[Rule] = ()) -> Mapping[str, Any]:
        """Hands a change on; by rule, how often it matched and struck.

        Raises:
            FaultsError: it does not take them.
        """
        ...


class Control:
    """Answers `/_faults`."""

    def __init__(
        self,
        faults: Faults,
        *,
        tables: Remote,
        names: Callable[[], Mapping[str, Iterable[str]]],
        connections: Callable[[], Iterable[Connection]],
        kill: Callable[[str], int],
    ) -> None:
        """`names` gives what a rule may match by its logical id or name; `kill` ends a function's environments.

        `kill` raises KeyError where there is no such function.
        """
        self._faults = faults
        self._tables = tables
        self._names = names
        self._connections = connections
        self._kill = kill

    async def __call__(self, request: Request) -> Response:
        """One request; what is wrong with it is said in `message`."""
        if reason := objection(request):
            return _message(403, reason)
        steps = request.decoded_path.strip("/").split("/", 2)[1:]
        if request.method in ("PUT", "POST") and not _is_json(request):
            return _message(415, "Content-Type: application/json is wanted")
        try:
            return await self._answer(request, steps)
        except FaultsError as error:
            return _message(400, str(error))

    async def replace(self, rules: list[Rule]) -> None:
        """Puts these rules in force and no others.

        Raises:
            FaultsError: one is for something that is not there.
        """
        check_names(rules, self._names())
        await self._tables.tell("PUT", "", _of_tables(rules))
        self._faults.replace(rules)

    async def counts(self) -> dict[str, tuple[int, int]]:
        """By rule: how many occurrences matched, and at how many it struck."""
        elsewhere = await self._tables.tell("GET", "")
        return {
            **self._faults.counts(),
            **{name: (seen, struck) for name, (seen, struck) in elsewhere.items()},
        }

    async def _answer(self, request: Request, steps: list[str]) -> Response:
        match [request.method, *steps]:
            case ["GET"]:
                return await self._listed()
            case ["PUT"]:
                await self.replace(parse(_body(request)))
                return await self._listed()
            case ["POST"]:
                await self._add(parse(_several(_body(request))))
                return await self._listed()
            case ["DELETE"]:
                await self.replace([])
                return await self._listed()
            case ["GET", "connections"]:
                return Response.json([_described(connection) for connection in self._connections()])
            case ["POST", "connections", connection_id]:
                return self._act(connection_id, _body(request))
            case ["POST", "functions", name]:
                return self._kill_function(name, _body(request))
            case ["DELETE", name]:
                return await self._remove(name)
        return _message(404, f"there is no {request.method} {request.path} here; see docs/emulator/faults.md")

    async def _listed(self) -> Response:
        counts = await self.counts()
        rules = [
            {**rule.document(), "seen": counts[rule.name][0], "struck": counts[rule.name][1]}
            for rule in self._faults.rules
        ]
        return Response.json({"rules": rules})

    async def _add(self, rules: list[Rule]) -> None:
        check_names(rules, self._names())
        there = [rule.name for rule in self._faults.rules]
        added = [rule for rule in rules if rule.name not in there]
        if len(added) < len(rules):
            raise FaultsError("a rule of that name is there already; give it a name of its own")
        await self._tables.tell("POST", "", _of_tables(added))
        self._faults.add(added)

    async def _remove(self, name: str) -> Response:
        if not self._faults.remove(name):
            return _message(404, f"there is no rule {name}")
        await self._tables.tell("DELETE", f"/{name}")
        return await self._listed()

    def _act(self, connection_id: str, body: Any) -> Response:
        (rule,) = parse([{**_mapping(body), "where": "frame_out"}])
        if rule.action == "lose":
            raise FaultsError("action is 'lose'; drop, close or stall can be done to a connection at once")
        fault = Fault(rule="now", action=rule.action, settings=rule.settings)
        found = [
            connection
            for connection in self._connections()
            if connection_id in ("*", connection.connection_id)
        ]
        if not found and connection_id != "*":
            return _message(404, f"there is no open connection {connection_id}")
        for connection in found:
            connection.suffer(fault)
        return Response.json({"connections": [_described(connection) for connection in found]})

    def _kill_function(self, name: str, body: Any) -> Response:
        if _mapping(body) != {"action": "kill"}:
            raise FaultsError('{"action": "kill"} is wanted: nothing else can be done to a function at once')
        try:
            return Response.json({"killed": self._kill(name)})
        except KeyError:
            return _message(404, f"there is no function {name}")


def _described(connection: Connection) -> dict[str, str]:
    return {"connection_id": connection.connection_id, "api": connection.api}


def _of_tables(rules: Iterable[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.where == "table"]


def _several(body: Any) -> Any:
    return [body] if isinstance(body, dict) and "rules" not in body else body


def _mapping(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise FaultsError(f'the body is {body!r}; {{"action": …}} is wanted')
    return body


def _body(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except ValueError as error:
        raise FaultsError(f"the body is no JSON: {error}") from error


def _is_json(request: Request) -> bool:
    return request.header("content-type").partition(";")[0].strip().lower() == "application/json"


def _message(status: int, message: str) -> Response:
    return Response.json({"message": message}, status)
