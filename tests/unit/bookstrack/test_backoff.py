"""Full jitter: each pause is anything from nothing to a ceiling that doubles."""

from __future__ import annotations

import itertools
import random
import statistics

import pytest

from bookstrack.backoff import BASE_SECONDS, CAP_SECONDS, SOON_SECONDS, STABLE_SECONDS, Backoff
from tests.unit.bookstrack.storm import storm

CEILINGS = [0.5, 1, 2, 4, 8, 16, CAP_SECONDS, CAP_SECONDS]
SAMPLES = 2_000
CRITICAL = 1.949 / SAMPLES**0.5
"""Of the Kolmogorov-Smirnov statistic against a known distribution, at the level 0.001 for many samples."""


def highest(low: float, high: float) -> float:
    return high


def distance_from_uniform(values: list[float], ceiling: float) -> float:
    """The Kolmogorov-Smirnov statistic of `values` against the uniform distribution from 0 to `ceiling`."""
    shares = [value / ceiling for value in sorted(values)]
    count = len(shares)
    return max(max((place + 1) / count - share, share - place / count) for place, share in enumerate(shares))


@pytest.fixture(scope="module")
def delays() -> list[tuple[float, ...]]:
    """Those of 2,000 clients, by attempt."""
    dice = random.Random(20)
    clients = [Backoff(dice.uniform) for _ in range(SAMPLES)]
    return [tuple(client.next_delay() for client in clients) for _ in CEILINGS]


def test_the_ceiling_doubles_up_to_the_cap() -> None:
    """0.5, 1, 2, 4, 8, 16, 20, 20 seconds."""
    backoff = Backoff(highest)

    assert CEILINGS == [backoff.next_delay() for _ in CEILINGS]


def test_no_number_of_failures_is_too_many() -> None:
    """The ceiling stays where it is."""
    backoff = Backoff(highest)

    assert CAP_SECONDS == [backoff.next_delay() for _ in range(5_000)][-1]


@pytest.mark.parametrize("attempt", range(len(CEILINGS)))
def test_the_delays_of_each_attempt_are_uniform(delays: list[tuple[float, ...]], attempt: int) -> None:
    """From nothing to the ceiling, not around one value: Kolmogorov-Smirnov, and the mean."""
    sample, ceiling = delays[attempt], CEILINGS[attempt]

    assert distance_from_uniform(list(sample), ceiling) < CRITICAL
    assert abs(statistics.mean(sample) / ceiling - 0.5) < 0.025


def test_the_test_of_uniformity_tells_other_jitters_apart(delays: list[tuple[float, ...]]) -> None:
    """Half fixed and half random, or a tenth around one value, would not pass."""
    sample = delays[0]

    assert distance_from_uniform([BASE_SECONDS / 2 + delay / 2 for delay in sample], BASE_SECONDS) > CRITICAL
    assert (
        distance_from_uniform([BASE_SECONDS * 0.9 + delay / 10 for delay in sample], BASE_SECONDS) > CRITICAL
    )


def test_the_delays_of_one_client_do_not_depend_on_each_other(delays: list[tuple[float, ...]]) -> None:
    """Who came back late the first time may come back soon the second."""
    for first, second in itertools.pairwise(delays):
        assert abs(statistics.correlation(first, second)) < 4 / SAMPLES**0.5


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


@pytest.mark.parametrize("soon", [False, True])
def test_a_thousand_clients_cut_off_at_once_come_back_apart(soon: bool) -> None:
    """In any tenth of a second a quarter of them at most asks, and all are back within seconds, though API Gateway
    takes 500 a second; without jitter all would ask at the same moment."""
    spread = storm(1_000, random.Random(7).uniform, soon=soon)

    assert spread.most_at_once <= 1_000 / 4
    assert spread.seconds < 10
    assert 1_000 == storm(1_000, highest, soon=soon).most_at_once


def test_many_more_than_are_taken_at_once_are_back_sooner_for_their_jitter() -> None:
    """5,000 with it need a quarter of the time, and fewer attempts."""
    spread = storm(5_000, random.Random(7).uniform, soon=False)
    crowd = storm(5_000, highest, soon=False)

    assert spread.seconds < crowd.seconds / 4
    assert spread.refused < crowd.refused * 0.75
