"""What a use of AWS costs, in dollars. Pure.

Prices are those of us-east-1, the first tier, without the free tier: as AWS's pricing pages had them in 2026
(https://aws.amazon.com/api-gateway/pricing/, …/lambda/pricing/, …/dynamodb/pricing/on-demand/, …/sqs/pricing/,
…/ec2/pricing/on-demand/ for data transfer). They were read from others who quote those pages, the latest in June 2026:
look them up before you rely on them. Logs, traces, alarms and storage are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

PRICES_OF = "us-east-1, 2026"


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Dollars for one of each."""

    websocket_messages: float = 1.00e-6
    """For each 32 KB begun, either way, posts by @connections included."""
    connection_minutes: float = 0.25e-6
    http_requests: float = 1.00e-6
    """Of an HTTP API, for each 512 KB begun."""
    invocations: float = 0.20e-6
    gb_seconds: float = 0.0000133334
    """On arm64."""
    write_units: float = 0.625e-6
    read_units: float = 0.125e-6
    """For a strongly consistent read of 4 KB."""
    sqs_requests: float = 0.40e-6
    """Lambda's own for an event source are paid for too."""
    bytes_out: float = 0.09e-9
    """To the internet."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """How much of each; the names are those of the prices."""

    websocket_messages: float = 0
    connection_minutes: float = 0
    http_requests: float = 0
    invocations: float = 0
    gb_seconds: float = 0
    write_units: float = 0
    read_units: float = 0
    sqs_requests: float = 0
    bytes_out: float = 0

    def __sub__(self, other: Usage) -> Usage:
        """What was used beyond another's."""
        return Usage(**{name: getattr(self, name) - getattr(other, name) for name in _NAMES})

    def __mul__(self, times: float) -> Usage:
        """So many times as much."""
        return Usage(**{name: getattr(self, name) * times for name in _NAMES})


_NAMES = tuple(field.name for field in fields(Usage))


def dollars(usage: Usage, prices: Prices | None = None) -> float:
    """What it costs in all."""
    return sum(by_part(usage, prices).values())


def by_part(usage: Usage, prices: Prices | None = None) -> dict[str, float]:
    """What each part of it costs."""
    prices = prices or Prices()
    return {name: getattr(usage, name) * getattr(prices, name) for name in _NAMES}
