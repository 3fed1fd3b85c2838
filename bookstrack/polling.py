"""The other way to follow a job: its record over HTTP, in place of the socket or to look after it.

It has the stream's meaning: the same updates, and no end but the job's.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

from bookstrack.api_client import EnrichmentAPIClient
from bookstrack.errors import BooksTrackError, ProblemError
from bookstrack.socket_manager import Tell, Watch

POLL_AFTER_SECONDS = 3.0
"""So long without a socket: the record is asked instead, until the socket is back."""
QUIET_SECONDS = 15.0
"""An open socket that shows nothing for so long: the record is asked, in case the last frame was lost."""
GIVE_UP_SECONDS = 120.0
"""Neither socket nor record for so long: the caller is told."""
AGAIN_SECONDS = 1.0
"""After an answer that says nothing of the job, and not when to ask again."""
LONGEST_WAIT_SECONDS = 120.0
"""A `Retry-After` of more is one of so long."""
_LOOK_SECONDS = 0.25

_IN_PASSING = frozenset({404, 408, 425, 429})
"""With 5xx, refusals that a moment may change. 404: an id that is taken, but whose job has not been written yet."""


class Poller:
    """Asks a job's record whenever its watch has shown nothing for a while."""

    def __init__(
        self,
        api: EnrichmentAPIClient,
        watch: Watch,
        *,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._api = api
        self._watch = watch
        self._uniform = uniform
        self._etag: str | None = None
        self._heard = time.monotonic()
        """When something was last heard of the job: by its socket, or from the record."""

    async def run(self, tell: Tell) -> None:
        """Gives what the record says to `tell`, until cancelled.

        Raises:
            ProblemError: the record is refused, for good or for two minutes.
            UnreachableError, ProtocolError: neither socket nor record has answered for two minutes.
        """
        while True:
            now = time.monotonic()
            if self._watch.listening.is_set():
                self._heard = now
            if self._due(now):
                wait = await self._ask(now, tell)
                # Those that were cut off together do not ask together.
                await asyncio.sleep(min(wait, LONGEST_WAIT_SECONDS) * self._uniform(1.0, 1.25))
            else:
                await asyncio.sleep(_LOOK_SECONDS)

    async def _ask(self, now: float, tell: Tell) -> float:
        """Seconds until the record may be asked again."""
        try:
            record = await self._api.get_job(self._watch.job_id, etag=self._etag)
        except BooksTrackError as error:
            if not self._watch.listening.is_set() and is_final(error, now - self._heard):
                raise
            wanted = error.retry_after if isinstance(error, ProblemError) else None
            return AGAIN_SECONDS if wanted is None else wanted
        self._heard = self._watch.news_at = now
        self._etag = record.etag
        if record.update is not None:
            tell(record.update)
        return record.retry_after

    def _due(self, now: float) -> bool:
        if self._watch.listening.is_set():
            return now - self._watch.news_at >= QUIET_SECONDS
        return self._watch.unserved.is_set() or now - self._watch.down_since >= POLL_AFTER_SECONDS


def is_final(error: BooksTrackError, silent: float) -> bool:
    """Whether a wait ends with this answer of the record, when nothing has been heard for `silent` seconds."""
    if isinstance(error, ProblemError) and error.status not in _IN_PASSING and error.status < 500:
        return True
    return silent > GIVE_UP_SECONDS
