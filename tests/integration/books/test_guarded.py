"""Providers behind their guards: left alone while they fail, tried by one, and not asked when their day is over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from books.errors import ProviderError, QuotaError, TransientError
from books.guarded import Guarded, breakers
from books.http import Http
from books.metadata import Metadata
from books.settings import Settings
from books.work import Work
from tests.integration.books.test_lookup import answering, http
from tests.integration.progress.conftest import TABLE_NAME

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REST_SECONDS = 1
EMMA = Metadata(title="Emma", source="test")
WORK = Work("OL1W")


class Source:
    """A provider that does as it is told."""

    def __init__(self) -> None:
        # Powertools counts the failures of a name in the process.
        self.name = f"Source {uuid4()}"
        self.asked = 0
        self.does: Callable[[], Metadata] = self.fails

    def fails(self) -> Metadata:
        raise TransientError("The source is busy")

    def can_find(self, work: Work) -> bool:
        return True

    def find(self, work: Work) -> Metadata:
        self.asked += 1
        return self.does()

    def search(self, text: str) -> list[Metadata]:
        return [self.find(WORK)]


@pytest.fixture
def source() -> Source:
    return Source()


def guarded(source: Source, dynamodb: DynamoDBClient, **options: Any) -> Guarded:
    breaker = breakers(dynamodb, TABLE_NAME, rest_seconds=REST_SECONDS)
    return Guarded(source, breaker, rest_seconds=REST_SECONDS, **options)


def failing(provider: Guarded, times: int) -> None:
    for _ in range(times):
        with pytest.raises(TransientError):
            provider.find(WORK)


def test_who_is_left_alone_says_for_how_long(source: Source, dynamodb: DynamoDBClient) -> None:
    """So that what was put off comes back when it is worth it, and not before."""
    provider = guarded(source, dynamodb)
    failing(provider, 8)

    with pytest.raises(TransientError, match="has failed too often") as refused:
        provider.find(WORK)

    assert 8 == source.asked
    assert 0 < refused.value.after_seconds <= REST_SECONDS


def test_when_one_tries_a_provider_again_the_others_wait_for_what_comes_of_it(
    source: Source, dynamodb: DynamoDBClient
) -> None:
    """A book at its last attempt is not given up in the second in which the provider is well again."""
    provider = guarded(source, dynamodb)
    failing(provider, 8)
    tried, well = threading.Event(), threading.Event()

    def recovers() -> Metadata:
        tried.set()
        assert well.wait(20)
        return EMMA

    source.does = recovers
    with ThreadPoolExecutor(5) as pool:
        # The first is let through once the provider has rested; until then there is nothing to wait for.
        first = pool.submit(_patiently, provider)
        assert tried.wait(20)
        others = [pool.submit(provider.find, WORK) for _ in range(4)]
        asked = source.asked
        well.set()
        found = [each.result(20) for each in (first, *others)]

    assert [EMMA] * 5 == found
    assert 9 == asked


def _patiently(provider: Guarded) -> Metadata | None:
    while True:
        try:
            return provider.find(WORK)
        except TransientError as later:
            threading.Event().wait(later.after_seconds)


def test_a_refusal_shows_that_the_provider_is_there(source: Source, dynamodb: DynamoDBClient) -> None:
    """The one request that tries it again may be one that it does not take: it is well all the same."""
    provider = guarded(source, dynamodb)
    failing(provider, 8)

    def refuses() -> Metadata:
        raise ProviderError("The source refused the request")

    source.does = refuses
    with pytest.raises(ProviderError):
        _patiently(provider)
    source.does = lambda: EMMA

    assert EMMA == provider.find(WORK)


@pytest.mark.parametrize(
    ("now", "asked_again"),
    [
        # 25 November 2026, by the hour in UTC; the day ends at midnight Pacific time.
        (1_795_564_800 + 3600 * 7, 1_795_564_800 + 3600 * 8),
        (1_795_564_800 + 3600 * 9, 1_795_564_800 + 3600 * 32),
    ],
    ids=["an hour before", "an hour after"],
)
def test_a_provider_whose_quota_is_used_up_is_not_asked_until_its_next_day(
    source: Source, dynamodb: DynamoDBClient, now: int, asked_again: int
) -> None:
    """It says so; nobody waits for it, and it is no failure of its."""
    times = [float(now)]
    provider = guarded(source, dynamodb, clock=lambda: times[0])

    def exhausted() -> Metadata:
        raise QuotaError("used up")

    source.does = exhausted
    for _ in range(10):
        with pytest.raises(QuotaError, match="quota for today is used up"):
            provider.find(WORK)
    assert 1 == source.asked

    source.does = lambda: EMMA
    times[0] = asked_again - 1
    with pytest.raises(QuotaError):
        provider.find(WORK)
    times[0] = asked_again
    assert EMMA == provider.find(WORK)


@pytest.mark.parametrize(
    "response",
    [
        http("403 Forbidden", b'{"error":{"errors":[{"reason":"dailyLimitExceeded"}]}}'),
        http(
            "429 Too Many Requests",
            b'{"error":{"code":429,"message":"Quota exceeded for quota metric \'Queries\' and limit '
            b'\'Queries per day\' of service \'books.googleapis.com\'","status":"RESOURCE_EXHAUSTED"}}',
        ),
    ],
    ids=["403", "429"],
)
def test_both_of_googles_answers_about_the_day_are_understood(response: bytes) -> None:
    """The older one and the newer one; any other 429 is for a moment."""
    with answering(response) as url, pytest.raises(QuotaError):
        Http(Settings(retries=0)).get_json("Google Books", url)
    moment = http("429 Too Many Requests", b'{"error":{"message":"Quota exceeded"}}')
    with answering(moment) as url, pytest.raises(TransientError):
        Http(Settings(retries=0)).get_json("Google Books", url)
