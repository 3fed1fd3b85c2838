"""What the console cannot do, with the status that says so."""

from __future__ import annotations


class ConsoleError(Exception):
    """Answered as `{"message": …}`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
