"""How chunks stand, when an attempt comes again, and what is an outage."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, NoCredentialsError, ReadTimeoutError

from progress.attempts import come_again_in
from progress.outages import is_outage
from progress.standing import Chunk, ChunkState, totals

NOW = 1_760_000_000_000


@pytest.mark.parametrize(
    ("chunk", "state"),
    [
        (Chunk(number=0, size=25), ChunkState.WAITING),
        (Chunk(number=0, size=25, counted=24, begun_at=NOW - 400_000), ChunkState.AT_WORK),
        (Chunk(number=0, size=25, counted=24, begun_at=NOW - 400_001), ChunkState.STALLED),
        (Chunk(number=0, size=25, counted=25, begun_at=NOW - 999_999), ChunkState.FINISHED),
        (Chunk(number=0, size=25, due_at=NOW + 1), ChunkState.PUT_OFF),
        (Chunk(number=0, size=25, due_at=NOW), ChunkState.WAITING),
        (Chunk(number=0, size=0), ChunkState.FINISHED),
    ],
)
def test_a_chunk_stalls_only_in_the_hands_of_a_worker(chunk: Chunk, state: ChunkState) -> None:
    """Taken too long ago, and not finished; what nobody has taken waits."""
    assert state is chunk.state(NOW, stalled_after_ms=400_000)


def test_totals_are_those_of_all_chunks() -> None:
    """Counted and failed."""
    found = totals([Chunk(number=0, size=25, counted=25, failed=2), Chunk(number=1, size=10, counted=3)])

    assert (28, 2) == (found.processed, found.failed)


@pytest.mark.parametrize(
    ("receives", "at_least", "low", "high"),
    [(1, 0, 1, 2), (4, 0, 8, 16), (9, 0, 30, 60), (1, 29.2, 30, 35), (5, 20, 16, 32), (1, 5_000, 900, 900)],
)
def test_a_chunk_comes_again_later_each_time_and_not_before_it_is_worth_it(
    receives: int, at_least: float, low: int, high: int
) -> None:
    """Twice as late each time up to a minute, with jitter; a provider's own time where that is longer."""
    seconds = [come_again_in(receives, at_least=at_least) for _ in range(200)]

    assert low <= min(seconds)
    assert max(seconds) <= high


def refused(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "PutItem")


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (refused("ProvisionedThroughputExceededException", 400), True),
        (refused("ThrottlingException", 400), True),
        (refused("InternalServerError", 500), True),
        (ConnectTimeoutError(endpoint_url="x"), True),
        (ReadTimeoutError(endpoint_url="x"), True),
        (refused("ValidationException", 400), False),
        (refused("AccessDeniedException", 400), False),
        (NoCredentialsError(), False),
        (ZeroDivisionError(), False),
    ],
    ids=str,
)
def test_an_outage_is_what_passes(error: Exception, outage: bool) -> None:
    """The same request may succeed in a while; what is wrong stays wrong."""
    assert outage is is_outage(error)
