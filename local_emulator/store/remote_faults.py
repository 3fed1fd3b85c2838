"""The emulator's side of the store's faults."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from local_emulator.faults.rules import FaultsError, Rule
from local_emulator.store.paths import FAULTS

_SECONDS = 10.0


class RemoteFaults:
    """The rules for tables, in the store's process."""

    def __init__(self, store_url: str, names: Callable[[], Mapping[str, str]], *, own_dynamodb: bool) -> None:
        """`names` gives tables' logical ids by their names. `own_dynamodb`: the functions use another DynamoDB."""
        self._address = urlsplit(store_url).netloc
        self._names = names
        self._own_dynamodb = own_dynamodb

    async def tell(self, method: str, path: str, rules: Iterable[Rule] = ()) -> Mapping[str, Any]:
        """Hands a change to the store; by rule, how often it matched and struck.

        Raises:
            FaultsError: it does not take the rules, or is not what the functions use.
        """
        documents = [rule.document() for rule in rules]
        if documents and self._own_dynamodb:
            raise FaultsError(
                f"{documents[0]['name']}: the functions use the DynamoDB of AWS_ENDPOINT_URL_DYNAMODB, "
                "at whose tables the emulator cannot let anything go wrong"
            )
        body = {"rules": documents, "names": dict(self._names())}
        status, answer = await asyncio.to_thread(self._ask, method, path, json.dumps(body))
        if status != 200:
            raise FaultsError(str(answer["message"]))
        return answer

    def _ask(self, method: str, path: str, body: str) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection(self._address, timeout=_SECONDS)
        try:
            connection.request(method, FAULTS + quote(path), body)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()
