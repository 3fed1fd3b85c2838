"""A reconnect storm, simulated with the client's own pauses: everybody is cut off at the same moment."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from bookstrack.backoff import Backoff

API_GATEWAY_RATE = 500
"""New connections a second of an account
(https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html)."""


@dataclass(frozen=True)
class Storm:
    """How it went."""

    seconds: float
    """Until all were back."""
    most_at_once: int
    """Attempts in a tenth of a second."""
    refused: int


def storm(clients: int, uniform: Callable[[float, float], float], *, soon: bool) -> Storm:
    """`soon`: the server closed on purpose (1001), instead of breaking down."""
    backoffs = [Backoff(uniform) for _ in range(clients)]
    attempts = [(backoff.next_delay(soon=soon), client) for client, backoff in enumerate(backoffs)]
    heapq.heapify(attempts)
    at_once, taken = Counter[int](), Counter[int]()
    last, refused = 0.0, 0
    while attempts:
        last, client = heapq.heappop(attempts)
        at_once[int(last * 10)] += 1
        if taken[int(last)] < API_GATEWAY_RATE:
            taken[int(last)] += 1
        else:
            refused += 1
            heapq.heappush(attempts, (last + backoffs[client].next_delay(), client))
    return Storm(last, max(at_once.values()), refused)
