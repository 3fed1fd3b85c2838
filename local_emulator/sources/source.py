"""What every event source has in common."""

from __future__ import annotations

from typing import Protocol

from local_emulator.errors import EmulatorError


class SourceError(EmulatorError):
    """A source cannot begin; the message names it and says why."""


class Source(Protocol):
    """Runs from start to stop, and invokes functions meanwhile."""

    async def start(self) -> None:
        """Begins; what happens from here on reaches the function.

        Raises:
            SourceError: it cannot.
        """
        ...

    async def stop(self) -> None:
        """Ends, and gives up what is under way."""
        ...
