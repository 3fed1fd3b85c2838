"""One receive of a chunk's message: what its worker may do with it, and how it leaves the chunk. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

_MAX_BACKOFF_SECONDS = 60
_MAX_PUT_OFF_SECONDS = 900
"""SQS's limit for the delay of a message."""
_SPREAD_SECONDS = 5
"""What waits for the same provider comes back spread over so long."""


class RetryLaterError(Exception):
    """An item failed in passing; the text says why, for its result in case it never comes out otherwise.

    `after_seconds` is when it may be worth another try; 0 where nobody can say.
    """

    def __init__(self, reason: str, *, after_seconds: float = 0) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds


class Outcome(IntEnum):
    """What a worker leaves behind; of several the highest counts."""

    DONE = 0
    """Every item of the chunk is counted."""
    HAND_ON = 1
    """Time ran out: the same chunk must be worked on again, from where it stands."""
    RETRY = 2
    """Some items failed in passing: the same chunk again, in a while."""
    ENDED = 3
    """The job has ended, or is not known any more: nothing to do."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A receive of a message."""

    receives: int
    """How often the message has been received, this time included."""
    last: bool
    """It is not received again: the next to see it is the dead-letter queue."""
    remaining_ms: Callable[[], int]
    """Tells how long this invocation may still take."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How an attempt came out."""

    outcome: Outcome
    after_seconds: int = 0
    """When the chunk should come again, where it must."""
    progressed: bool = True
    """Something was got done, so that handing on leads somewhere."""


def come_again_in(receives: int, *, at_least: float = 0) -> int:
    """Whole seconds until a chunk that was received so often should come again: longer each time, with jitter, and not
    before `at_least`."""
    ceiling = min(_MAX_BACKOFF_SECONDS, 2**receives)
    seconds = random.randint(ceiling // 2, ceiling)  # noqa: S311 jitter, not a secret
    if at_least > seconds:
        seconds = math.ceil(at_least) + random.randint(0, _SPREAD_SECONDS)  # noqa: S311
    return min(seconds, _MAX_PUT_OFF_SECONDS)
