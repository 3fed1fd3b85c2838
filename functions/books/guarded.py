"""A provider that is asked only while it is likely to answer.

Behind a circuit breaker, shared by all workers: one that keeps failing is left alone for `rest_seconds`; then a single
request tries it, and whoever would ask meanwhile waits for what comes of that, so that nobody gives a book up in the
very second in which the provider is well again. And one whose quota is used up is not asked until the next day.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from aws_lambda_powertools.utilities.circuit_breaker import (
    CircuitBreakerConfig,
    CircuitBreakerOpenError,
    CircuitInfo,
    CircuitState,
    circuit_breaker,
)
from aws_lambda_powertools.utilities.circuit_breaker.persistence import CircuitBreakerDynamoDBPersistence

from books.errors import LookupFailedError, ProviderError, QuotaError, TransientError
from books.metadata import Metadata
from books.work import Work

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FAILURES_TO_OPEN = 8
_PROBE_SECONDS = 10.0
"""Longer than the one request usually takes, with all its attempts."""
_LOOK_AGAIN_SECONDS = 0.5
_DAY = 24 * 3600
_NEW_DAY = 8 * 3600
"""After midnight in UTC. Google counts days by Pacific time (so its documentation of other APIs' quotas,
developers.google.com/android-publisher/quotas; that of Books says nothing): midnight there is 08:00 UTC, an hour
earlier in summer."""

Breaker = Callable[[str], Callable[..., Any]]
"""Makes, for a provider's name, the decorator that guards its calls."""

T = TypeVar("T")


class Provider(Protocol):
    """A source of metadata."""

    @property
    def name(self) -> str:
        """What people call it."""

    def can_find(self, work: Work) -> bool:
        """Whether it can be asked for this work at all."""

    def find(self, work: Work) -> Metadata | None:
        """The book, or None.

        Raises:
            LookupFailedError: it could not say.
        """

    def search(self, text: str) -> list[Metadata]:
        """Books for some words, the likeliest first, whether they fit or not.

        Raises:
            LookupFailedError: it could not say.
        """


class Guarded:
    """A provider behind its guards. Thread-safe."""

    def __init__(
        self,
        provider: Provider,
        breaker: Breaker,
        *,
        rest_seconds: int,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = provider.name
        self.can_find = provider.can_find
        self._rest_seconds = rest_seconds
        self._clock = clock
        self._sleep = sleep
        self._closed_until = 0.0
        guard = breaker(provider.name)
        self._find: Callable[[Work], Any] = guard(_answering(provider.find))
        self._search: Callable[[str], Any] = guard(_answering(provider.search))

    def find(self, work: Work) -> Metadata | None:
        """As the provider's."""
        found: Metadata | None = self._ask(self._find, work)
        return found

    def search(self, text: str) -> list[Metadata]:
        """As the provider's."""
        found: list[Metadata] = self._ask(self._search, text)
        return found

    def _ask(self, call: Callable[[T], Any], about: T) -> Any:
        if self._clock() < self._closed_until:
            raise self._no_more_today()
        answer = self._through_the_breaker(call, about)
        if isinstance(answer, QuotaError):
            now = self._clock()
            self._closed_until = now + _DAY - (now - _NEW_DAY) % _DAY
            raise self._no_more_today() from answer
        if isinstance(answer, LookupFailedError):
            raise answer
        return answer

    def _through_the_breaker(self, call: Callable[[T], Any], about: T) -> Any:
        gives_up = self._clock() + _PROBE_SECONDS
        while True:
            try:
                return call(about)
            except CircuitBreakerOpenError as refused:
                rest = self._rest_of(refused.circuit)
                if rest > 0 or self._clock() >= gives_up:
                    raise TransientError(
                        f"{self.name} has failed too often and is left alone for a while",
                        after_seconds=max(rest, 0),
                    ) from refused
            # Somebody is just trying it.
            self._sleep(_LOOK_AGAIN_SECONDS)

    def _rest_of(self, circuit: CircuitInfo | None) -> float:
        """Seconds until the provider may be tried again; 0 while somebody does."""
        if circuit is None or circuit.state is not CircuitState.OPEN:
            return 0
        return (circuit.opened_at or self._clock()) + self._rest_seconds - self._clock()

    def _no_more_today(self) -> QuotaError:
        return QuotaError(f"{self.name}'s quota for today is used up")


def _answering(call: Callable[[T], Any]) -> Callable[[T], Any]:
    """The same, with a refusal as its answer: who refuses is there, so the breaker need not know."""

    def answer(about: T) -> Any:
        try:
            return call(about)
        except (ProviderError, QuotaError) as refusal:
            return refusal

    return answer


def breakers(client: DynamoDBClient, table_name: str, *, rest_seconds: int) -> Breaker:
    """Breakers whose state is in the table:

    BREAKER | <name>     open or closed, since when
    """
    store = CircuitBreakerDynamoDBPersistence(
        table_name=table_name,
        key_attr="pk",
        static_pk_value="BREAKER",
        sort_key_attr="sk",
        expiry_attr="ttl",
        boto3_client=client,
    )
    config = CircuitBreakerConfig(
        failure_threshold=_FAILURES_TO_OPEN,
        recovery_timeout=rest_seconds,
        success_threshold=1,
        handled_exceptions=(TransientError,),
    )
    return lambda name: circuit_breaker(name=name, persistence_store=store, config=config)
