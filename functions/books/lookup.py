"""One look-up: what is cached, then the providers in their order, each behind a circuit breaker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from books.cache import Cache, Cached
from books.errors import LookupFailedError, ProviderError, QuotaError, TransientError, all_of
from books.googlebooks import GoogleBooks
from books.guarded import Guarded, breakers
from books.http import Http
from books.memory import Memory
from books.metadata import Metadata
from books.openlibrary import OpenLibrary
from books.settings import Settings
from books.work import Work

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_WAIT_SECONDS = 5.0
"""Longer than a look-up usually takes, with all its attempts."""


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
    silent: list[TransientError]


class Library:
    """Looks works up. Thread-safe; one for an execution environment."""

    def __init__(self, providers: Sequence[Guarded], *, cache: Cache) -> None:
        self._providers = providers
        self._cache = cache

    @classmethod
    def from_env(cls, environment: Mapping[str, str], *, client: DynamoDBClient, table_name: str) -> Library:
        """Open Library first, Google Books second, with cache and breakers in the table.

        Raises:
            SettingsError: a variable is malformed.
        """
        settings = Settings.from_env(environment)
        http = Http(settings)
        rest_seconds = settings.rest_seconds
        breaker = breakers(client, table_name, rest_seconds=rest_seconds)
        return cls(
            [
                Guarded(provider, breaker, rest_seconds=rest_seconds)
                for provider in (OpenLibrary(http, settings), GoogleBooks(http, settings))
            ],
            cache=Cache(client, table_name, days=settings.cache_days),
        )

    def memory(self, works: Iterable[Work]) -> Memory:
        """What is known of these works before any of them is looked up."""
        return Memory(self._cache, [work.cache_key for work in works if work.why_not is None])

    def look_up(self, work: Work, memory: Memory, *, asked_already: bool = False) -> Found | NotFound:
        """The book that is asked for, or that there is none; never another one.

        Where the same was `asked_already`, the answer is waited for a while, and asked for anew only where it does not
        come.

        Raises:
            TransientError: a provider that might know could not say; asked later, it may.
            QuotaError: the only ones that might know are not to be asked again today.
        """
        reason = work.why_not
        if reason is not None:
            return NotFound(reason)
        key = work.cache_key
        known = memory.get(key)
        if known is None and asked_already:
            known = memory.await_answer(key, seconds=_WAIT_SECONDS)
        if known is None:
            known = self._ask(work)
            memory.put(key, known)
        return Found(known.metadata) if known.metadata is not None else NotFound(known.reason)

    def search(self, text: str) -> Candidates:
        """Books for some words, from whoever can say; none of them need be the right one."""
        found: list[Metadata] = []
        silent: list[TransientError] = []
        for provider in self._providers:
            try:
                found += provider.search(text)
            except TransientError as error:
                silent.append(error)
            except (ProviderError, QuotaError):
                # It takes no such words, or none today: in a while it would not either.
                continue
        return Candidates(found, silent)

    def _ask(self, work: Work) -> Cached:
        silent: list[LookupFailedError] = []
        asked = [provider for provider in self._providers if provider.can_find(work)]
        for provider in asked:
            try:
                metadata = provider.find(work)
            except LookupFailedError as error:
                silent.append(error)
            else:
                if metadata is not None:
                    return Cached(metadata)
        if silent:
            # Somebody who could not say might have known: "not found" would be a guess.
            raise _why(silent)
        names = [provider.name for provider in asked]
        return Cached(
            None,
            f"Neither {' nor '.join(names)} has it" if len(names) > 1 else f"{names[0]} has no such work",
        )


def _why(silent: Sequence[LookupFailedError]) -> LookupFailedError:
    """What to tell of providers that could not say: worth another try, unless all have none left today."""
    together = all_of(silent)
    return QuotaError(str(together)) if all(isinstance(each, QuotaError) for each in silent) else together
