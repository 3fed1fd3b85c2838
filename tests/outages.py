"""A table that does not answer, and one whose answers get lost, request by request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

Strikes = Callable[[int, str, str], bool]
"""Whether a request is struck: its number from 1, its operation, and its parameters as a text."""


def throttled(operation: str) -> ClientError:
    """What the SDK raises after its last attempt."""
    response: Any = {
        "Error": {"Code": "ProvisionedThroughputExceededException", "Message": "Rate exceeded"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    return ClientError(response, operation)


@contextmanager
def outage(client: Any, strikes: Strikes) -> Iterator[list[str]]:
    """Requests that are struck are not carried out. Gives the operations that were asked for."""
    asked: list[str] = []
    carry_out = client._make_api_call

    def ask(operation: str, parameters: dict[str, Any]) -> Any:
        asked.append(operation)
        if strikes(len(asked), operation, str(parameters)):
            raise throttled(operation)
        return carry_out(operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "_make_api_call", ask)
        yield asked


@contextmanager
def lost_answers(client: Any) -> Iterator[None]:
    """Each request is carried out, its answer gets lost, and the SDK asks again: its writes are done twice."""
    carry_out = client._make_api_call

    def ask(operation: str, parameters: dict[str, Any]) -> Any:
        carry_out(operation, parameters)
        return carry_out(operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "_make_api_call", ask)
        yield
