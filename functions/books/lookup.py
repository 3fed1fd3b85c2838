"""One look-up: what is cached, then the providers in their order, each behind a circuit breaker."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from aws_lambda_powertools.utilities.circuit_breaker import (
    CircuitBreakerConfig,
    CircuitBreakerOpenError,
    circuit_breaker,
)
from aws_lambda_powertools.utilities.circuit_breaker.persistence import CircuitBreakerDynamoDBPersistence

from books.cache import Cache, Cached
from books.errors import ProviderError, TransientError
from books.googlebooks import GoogleBooks
from books.http import Http
from books.metadata import Metadata
from books.openlibrary import OpenLibrary
from books.settings import Settings
from books.work import Work

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_FAILURES_TO_OPEN = 8
_OPEN_SECONDS = 30
_WAIT_SECONDS = 5.0
"""Longer than a look-up usually takes, with all its attempts."""
_LOOK_AGAIN_SECONDS = 0.2
_MOST_REMEMBERED_KEY = 500
"""A cache key longer than this is not worth a row; DynamoDB would take 2,048 bytes."""


@dataclass(frozen=True)
class Found:
    """The book."""

    metadata: Metadata


@dataclass(frozen=True)
class NotFound:
    """No provider has it, or it cannot be asked for; `reason` is for the person who asked."""

    reason: str


@dataclass(frozen=True)
class Candidates:
    """Books that may be meant; `silent` tells why a provider could not say, which another time it may."""

    found: list[Metadata]
    silent: list[str]


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
            TransientError, ProviderError: it could not say.
        """

    def search(self, text: str) -> list[Metadata]:
        """Books for some words, the likeliest first, whether they fit or not.

        Raises:
            TransientError, ProviderError: it could not say.
        """


@dataclass(frozen=True)
class _Guarded:
    """A provider, its calls behind its breaker."""

    provider: Provider
    find: Callable[[Work], Metadata | None]
    search: Callable[[str], list[Metadata]]

    @property
    def name(self) -> str:
        return self.provider.name


class Library:
    """Looks works up. Thread-safe; one for an execution environment."""

    def __init__(
        self, providers: list[Provider], *, cache: Cache, breaker: Callable[[str], Callable[..., Any]]
    ) -> None:
        """`breaker` makes, for a provider's name, the decorator that guards its calls."""
        self._cache = cache
        self._providers = [
            _Guarded(provider, breaker(provider.name)(provider.find), breaker(provider.name)(provider.search))
            for provider in providers
        ]

    @classmethod
    def from_env(cls, environment: Mapping[str, str], *, client: DynamoDBClient, table_name: str) -> Library:
        """Open Library first, Google Books second, with cache and breakers in the table.

        Raises:
            SettingsError: a variable is malformed.
        """
        settings = Settings.from_env(environment)
        http = Http(settings)
        return cls(
            [OpenLibrary(http, settings), GoogleBooks(http, settings)],
            cache=Cache(client, table_name, days=settings.cache_days),
            breaker=_breakers(client, table_name),
        )

    def look_up(self, work: Work, *, asked_already: bool = False) -> Found | NotFound:
        """The book that is asked for, or that there is none; never another one.

        Where the same was `asked_already`, the answer is waited for a while, and asked for anew only where it does not
        come.

        Raises:
            TransientError: a provider that might know could not say; asked later, it may.
        """
        reason = work.why_not
        if reason is not None:
            return NotFound(reason)
        key = work.cache_key
        remembered = len(key) <= _MOST_REMEMBERED_KEY
        known = self._remembered(key, _WAIT_SECONDS if asked_already else 0.0) if remembered else None
        if known is None:
            known = self._ask(work)
            if remembered:
                self._cache.put(key, known)
        return Found(known.metadata) if known.metadata is not None else NotFound(known.reason)

    def search(self, text: str) -> Candidates:
        """Books for some words, from whoever can say; none of them need be the right one."""
        found: list[Metadata] = []
        silent: list[str] = []
        for provider in self._providers:
            try:
                found += provider.search(text)
            except CircuitBreakerOpenError:
                silent.append(_left_alone(provider.name))
            except TransientError as error:
                silent.append(str(error))
            except ProviderError:
                # It takes no such words: another time it would not either.
                continue
        return Candidates(found, silent)

    def _remembered(self, key: str, wait_seconds: float) -> Cached | None:
        deadline = time.monotonic() + wait_seconds
        while (known := self._cache.get(key)) is None and time.monotonic() < deadline:
            time.sleep(_LOOK_AGAIN_SECONDS)
        return known

    def _ask(self, work: Work) -> Cached:
        silent: list[str] = []
        asked = [guarded for guarded in self._providers if guarded.provider.can_find(work)]
        for guarded in asked:
            try:
                metadata = guarded.find(work)
            except CircuitBreakerOpenError:
                silent.append(_left_alone(guarded.name))
            except (TransientError, ProviderError) as error:
                silent.append(str(error))
            else:
                if metadata is not None:
                    return Cached(metadata)
        if silent:
            # Somebody who could not say might have known: "not found" would be a guess.
            raise TransientError("; ".join(silent))
        names = [guarded.name for guarded in asked]
        return Cached(
            None,
            f"Neither {' nor '.join(names)} has it" if len(names) > 1 else f"{names[0]} has no such work",
        )


def _left_alone(name: str) -> str:
    return f"{name} has failed too often and is left alone for a while"


def _breakers(client: DynamoDBClient, table_name: str) -> Callable[[str], Callable[..., Any]]:
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
        recovery_timeout=_OPEN_SECONDS,
        success_threshold=1,
        handled_exceptions=(TransientError,),
    )
    return lambda name: circuit_breaker(name=name, persistence_store=store, config=config)
