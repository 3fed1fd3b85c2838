"""Which states are news: a job's progress never goes back, whatever order frames arrive in."""

from __future__ import annotations

from bookstrack.types import Update


class Timeline:
    """Remembers the newest state. The same frame may come twice, and late ones may come after newer ones."""

    def __init__(self) -> None:
        self.latest: Update | None = None

    def admit(self, update: Update) -> bool:
        """Whether `update` is newer than everything before it; it is then the latest."""
        latest = self.latest
        if latest is not None:
            if latest.terminal:
                return False
            newer = update.seq > latest.seq or (update.seq == latest.seq and update.status != latest.status)
            if not newer or (update.processed < latest.processed and not update.terminal):
                return False
        self.latest = update
        return True
