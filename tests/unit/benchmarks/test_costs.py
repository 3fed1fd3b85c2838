"""What a use of AWS costs."""

from __future__ import annotations

from dataclasses import fields

import pytest

from benchmarks.costs import Prices, Usage, by_part, dollars


def test_a_million_of_each_costs_what_the_price_lists_say() -> None:
    """By part, in dollars; bytes by the gigabyte."""
    usage = Usage(
        websocket_messages=1e6,
        connection_minutes=1e6,
        http_requests=1e6,
        invocations=1e6,
        gb_seconds=1e6,
        write_units=1e6,
        read_units=1e6,
        sqs_requests=1e6,
        bytes_out=1e9,
    )

    assert by_part(usage) == pytest.approx(
        {
            "websocket_messages": 1.0,
            "connection_minutes": 0.25,
            "http_requests": 1.0,
            "invocations": 0.2,
            "gb_seconds": 13.3334,
            "write_units": 0.625,
            "read_units": 0.125,
            "sqs_requests": 0.4,
            "bytes_out": 0.09,
        }
    )


def test_every_use_has_a_price() -> None:
    """The two name the same things."""
    assert [field.name for field in fields(Prices)] == [field.name for field in fields(Usage)]


def test_uses_are_subtracted_and_multiplied() -> None:
    """What a watcher takes is what the job takes with one beyond what it takes without."""
    more = Usage(invocations=5, write_units=8) - Usage(invocations=3, write_units=8)

    assert more * 1000 == Usage(invocations=2000)
    assert dollars(more * 1e6) == pytest.approx(0.4)


def test_another_region_has_other_prices() -> None:
    """The list can be replaced."""
    assert dollars(Usage(invocations=2), Prices(invocations=0.5)) == 1.0
