"""The template's tables, page by page. Blocks: for a thread."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from local_emulator.console.errors import ConsoleError
from local_emulator.model import StoreResource
from local_emulator.services import client

_ROWS = 50


class Tables:
    """What the console sees of DynamoDB."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        """`variables` lead to the services, as those of the functions do."""
        self._dynamodb = client("dynamodb", variables)

    def rows(self, table: StoreResource, *, partition: str, start: str) -> dict[str, Any]:
        """Up to 50 items as DynamoDB has them, binary as base64: of one partition, or of all where it is empty.

        `start` is the `next` of the page before, empty for the first. `count` is of the whole table, where it is known.

        Raises:
            ConsoleError: `start` is none, or the partition key is a number and `partition` is not.
        """
        keys = self._keys(table)
        arguments: dict[str, Any] = {"TableName": table.name, "Limit": _ROWS}
        if start:
            arguments["ExclusiveStartKey"] = _start_key(start)
        if partition:
            name, kind = next(iter(keys.items()))
            answer = self._dynamodb.query(
                **arguments,
                KeyConditionExpression="#partition = :partition",
                ExpressionAttributeNames={"#partition": name},
                ExpressionAttributeValues={":partition": {kind: _key_value(partition, kind)}},
            )
        else:
            answer = self._dynamodb.scan(**arguments)
        following = answer.get("LastEvaluatedKey")
        return {
            "keys": list(keys),
            "rows": [_json(item) for item in answer["Items"]],
            "next": json.dumps(_json(following)) if following else "",
            "count": self._dynamodb.describe_table(TableName=table.name)["Table"].get("ItemCount"),
        }

    @staticmethod
    def _keys(table: StoreResource) -> dict[str, str]:
        """The key attributes' types by their names, partition key first."""
        kinds = {
            str(each["AttributeName"]): str(each["AttributeType"])
            for each in table.properties.get("AttributeDefinitions", [])
        }
        schema = sorted(table.properties.get("KeySchema", []), key=lambda key: key.get("KeyType") != "HASH")
        return {str(key["AttributeName"]): kinds.get(str(key["AttributeName"]), "S") for key in schema}


def _key_value(text: str, kind: str) -> str | bytes:
    if kind == "N":
        try:
            float(text)
        except ValueError:
            raise ConsoleError(400, f"the partition key is a number, and {text[:80]!r} is none") from None
    if kind == "B":
        try:
            return base64.b64decode(text, validate=True)
        except ValueError:
            raise ConsoleError(400, "the partition key is binary: base64 is wanted") from None
    return text


def _start_key(text: str) -> Any:
    try:
        value = json.loads(text)
        return {name: _from_json(each) for name, each in value.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise ConsoleError(400, "there is no such page of the table") from error


def _from_json(value: Mapping[str, Any]) -> dict[str, Any]:
    ((kind, content),) = value.items()
    return {kind: base64.b64decode(content) if kind == "B" else content}


def _json(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {name: _json(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(each) for each in value]
    return value
