"""What each way of losing or not getting a connection means for the client: one table, no guessing elsewhere."""

from __future__ import annotations

from enum import Enum, auto


class Action(Enum):
    """What to do next."""

    RECONNECT_SOON = auto()
    """The server closed on purpose and expects us back."""
    RECONNECT = auto()
    """Something broke: after a while, with growing pauses."""
    POLL = auto()
    """A socket will not do for this job: ask over HTTP instead."""
    FAIL = auto()
    """Trying again cannot help; a person must."""


_CLOSE_CODES = {
    1000: Action.RECONNECT,  # closed by the server without being asked: the record tells whether the job has ended
    1001: Action.RECONNECT_SOON,  # going away: API Gateway after ten idle minutes or two hours
    1003: Action.POLL,  # our frame is not acceptable; it would not be the next time either
    1007: Action.POLL,
    1008: Action.POLL,  # policy
    1009: Action.POLL,  # too big
    1012: Action.RECONNECT_SOON,  # the service restarts
}

_UPGRADE_STATUSES = {
    400: Action.FAIL,  # the job id is none
    401: Action.FAIL,
    403: Action.FAIL,
    404: Action.POLL,  # no WebSocket here
    410: Action.POLL,
    426: Action.POLL,
    429: Action.RECONNECT,
}


def after_close(code: int | None) -> Action:
    """For a connection closed with `code`; None where it broke without one."""
    if code is None:
        return Action.RECONNECT
    if 4500 <= code <= 4999:
        return Action.POLL
    return _CLOSE_CODES.get(code, Action.RECONNECT)


def after_refusal(status: int) -> Action:
    """For an upgrade that was answered with an HTTP status other than 101."""
    return _UPGRADE_STATUSES.get(status, Action.FAIL if 400 <= status < 500 else Action.RECONNECT)
