"""Full jitter: each pause is anything from nothing to a ceiling that doubles."""

from __future__ import annotations

import random
import statistics

from bookstrack.backoff import BASE_SECONDS, CAP_SECONDS, SOON_SECONDS, STABLE_SECONDS, Backoff


def highest(low: float, high: float) -> float:
    return high


def test_the_ceiling_doubles_up_to_the_cap() -> None:
    """0.5, 1, 2, 4, 8, 16, 20, 20 seconds."""
    backoff = Backoff(highest)

    assert [0.5, 1, 2, 4, 8, 16, CAP_SECONDS, CAP_SECONDS] == [backoff.next_delay() for _ in range(8)]


def test_a_connection_that_lasted_begins_anew() -> None:
    """A short one does not."""
    backoff = Backoff(highest)
    backoff.next_delay()
    backoff.connection_ended(STABLE_SECONDS - 0.1)
    assert BASE_SECONDS * 2 == backoff.next_delay()

    backoff.connection_ended(STABLE_SECONDS)
    assert BASE_SECONDS == backoff.next_delay()


def test_a_server_that_closed_on_purpose_is_asked_again_soon() -> None:
    """Once; when that fails, the pauses grow as ever."""
    backoff = Backoff(highest)

    assert [SOON_SECONDS, 1.0, 2.0] == [backoff.next_delay(soon=True) for _ in range(3)]


def test_clients_that_were_cut_off_together_come_back_apart() -> None:
    """Delays are spread evenly over the whole range, not around one value."""
    dice = random.Random(1)
    delays = sorted(Backoff(dice.uniform).next_delay() for _ in range(2_000))

    assert 0 <= delays[0] <= 0.01
    assert BASE_SECONDS - 0.01 <= delays[-1] <= BASE_SECONDS
    assert abs(statistics.mean(delays) - BASE_SECONDS / 2) < 0.02
    deviation = max(abs(delay / BASE_SECONDS - rank / len(delays)) for rank, delay in enumerate(delays))
    assert deviation < 0.05
