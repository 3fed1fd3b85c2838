"""Faults at a table: what DynamoDB answers when it throttles or fails, takes its time, or lags behind.

The store is a process of its own, so it has the rules for tables itself; `/_faults` sets them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from local_emulator.faults import Fault, Faults, FaultsError
from local_emulator.faults.rules import parse
from local_emulator.http1 import Request, Response
from local_emulator.store.paths import FAULTS
from local_emulator.store.server.past import Past

_NAMESPACE = "com.amazonaws.dynamodb.v20120810"
_ERRORS = {
    "throttle": (
        400,
        "ProvisionedThroughputExceededException",
        "The level of configured provisioned throughput for the table was exceeded. "
        "Consider increasing your provisioning level with the UpdateTable API.",
    ),
    "fail": (500, "InternalServerError", "The request processing has failed because of an internal error."),
}
_EVENTUALLY_CONSISTENT = ("GetItem", "BatchGetItem", "Query", "Scan")
"""Unless they ask for ConsistentRead."""


class TableFaults:
    """The rules for tables, and what they do to requests."""

    def __init__(self) -> None:
        self._faults = Faults()
        self._names: dict[str, str] = {}
        self._past = Past()

    def control(self, request: Request) -> Response:
        """PUT replaces the rules, POST adds some, DELETE `/_faults/{name}` removes one; each answers with counts."""
        try:
            self._change(request)
        except (FaultsError, ValueError) as error:
            return Response.json({"message": str(error)}, 400)
        return Response.json(self._faults.counts())

    def _change(self, request: Request) -> None:
        if request.method == "DELETE":
            self._faults.remove(request.decoded_path.removeprefix(f"{FAULTS}/"))
        elif request.method in ("PUT", "POST"):
            given = json.loads(request.body)
            self._names = given["names"]
            rules = parse(given["rules"])
            if request.method == "PUT":
                self._faults.replace(rules)
            else:
                self._faults.add(rules)
        stale = [rule.settings["seconds"] for rule in self._faults.rules if rule.action == "stale"]
        self._past.keep(max(stale, default=0.0))

    async def strike(self, request: Request) -> Response | None:
        """What answers this request in the table's stead: an error, or the past; None where nothing does."""
        if not self._faults.rules:
            return None
        service, _, operation = request.header("x-amz-target").partition(".")
        if not service.startswith("DynamoDB_"):
            return None
        lags: dict[str, float] = {}
        for table, part in _tables(request.body).items():
            fault = self._faults.decide(
                "table",
                impossible=() if _may_be_stale(operation, part) else ("stale",),
                table=(self._names.get(table, table), table),
                operation=operation,
            )
            if fault is None:
                continue
            if fault.action != "stale":
                refusal = await self._suffer(fault)
                if refusal is not None:
                    return refusal
                break
            lags[table] = fault["seconds"]
        return self._past.answer(request, lags) if lags else None

    @staticmethod
    async def _suffer(fault: Fault) -> Response | None:
        if fault.action == "delay":
            await asyncio.sleep(fault["seconds"])
            return None
        status, code, message = _ERRORS[fault.action]
        body = json.dumps({"__type": f"{_NAMESPACE}#{code}", "message": message})
        return Response(status, body.encode(), (("content-type", "application/x-amz-json-1.0"),))


def _may_be_stale(operation: str, part: Any) -> bool:
    return operation in _EVENTUALLY_CONSISTENT and not (isinstance(part, dict) and part.get("ConsistentRead"))


def _tables(body: bytes) -> dict[str, Any]:
    """The tables that a request names, each once: its own, those of a batch or transaction; with what it asks there."""
    try:
        arguments = json.loads(body)
    except ValueError:
        return {}
    tables: dict[str, Any] = {}
    for name, part in _named(arguments) if isinstance(arguments, dict) else ():
        # An ARN may stand for a name.
        tables.setdefault(str(name).rpartition("/")[2], part)
    return tables


def _named(arguments: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    if "TableName" in arguments:
        yield arguments["TableName"], arguments
    batch = arguments.get("RequestItems")
    if isinstance(batch, dict):
        yield from batch.items()
    transaction = arguments.get("TransactItems")
    for item in transaction if isinstance(transaction, list) else ():
        for action in item.values() if isinstance(item, dict) else ():
            if isinstance(action, dict) and "TableName" in action:
                yield action["TableName"], action
