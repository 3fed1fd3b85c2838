"""What each way of losing or not getting a connection means for the client: two tables, no guessing elsewhere.

None of them ends a wait for a job: only the job's record can. Codes are those of RFC 6455, section 7.4, and of IANA's
registry (https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number). What an application may say
between 3000 and 4999 is divided as by Centrifugo (https://centrifugal.dev/docs/server/codes): the upper half of each
thousand is final.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Action(Enum):
    """What to do next; the value tells a person."""

    RECONNECT_SOON = "connect again within a second"
    """The server closed on purpose and expects us back."""
    RECONNECT = "connect again, after growing pauses"
    """Something broke."""
    POLL = "ask over HTTP"
    """A socket will not do, now and when tried again; the next job tries it anew."""


@dataclass(frozen=True)
class Row:
    """`first` to `last`, both included."""

    first: int
    last: int
    meaning: str
    action: Action

    def __contains__(self, number: int) -> bool:
        return self.first <= number <= self.last


CLOSE_CODES = (
    Row(1000, 1000, "closed, though we had not asked for it", Action.RECONNECT),
    Row(1001, 1001, "going away: API Gateway after ten idle minutes or two hours", Action.RECONNECT_SOON),
    Row(1002, 1002, "a frame was broken on its way", Action.RECONNECT),
    Row(1003, 1003, "our kind of frame is not taken", Action.POLL),
    Row(1004, 1004, "reserved", Action.RECONNECT),
    Row(1005, 1005, "closed without a code", Action.RECONNECT),
    Row(1006, 1006, "broken off, or silent for two and a half heartbeats", Action.RECONNECT),
    Row(1007, 1007, "our text was no text", Action.POLL),
    Row(1008, 1008, "against the server's policy", Action.POLL),
    Row(1009, 1009, "our frame was too large", Action.POLL),
    Row(1010, 1010, "an extension is missing", Action.POLL),
    Row(1011, 1011, "the server failed", Action.RECONNECT),
    Row(1012, 1012, "the server restarts", Action.RECONNECT_SOON),
    Row(1013, 1013, "the server has too much to do", Action.RECONNECT),
    Row(1014, 1014, "a gateway had no answer from the server", Action.RECONNECT),
    Row(1015, 1015, "TLS failed", Action.RECONNECT),
    Row(1016, 2999, "reserved", Action.RECONNECT),
    Row(3000, 3000, "unauthorized", Action.POLL),
    Row(3001, 3002, "the application's own", Action.RECONNECT),
    Row(3003, 3003, "forbidden", Action.POLL),
    Row(3004, 3499, "the application's own, such as 3008, a time-out", Action.RECONNECT),
    Row(3500, 3999, "the application's own: final", Action.POLL),
    Row(4000, 4499, "the application's own", Action.RECONNECT),
    Row(4500, 4999, "the application's own: final", Action.POLL),
)

UPGRADE_STATUSES = (
    Row(400, 400, "the request is not taken", Action.POLL),
    Row(401, 401, "it wants to know who asks", Action.POLL),
    Row(403, 403, "it knows, and says no", Action.POLL),
    Row(404, 404, "no WebSocket API here", Action.POLL),
    Row(408, 408, "too slow", Action.RECONNECT),
    Row(410, 410, "no WebSocket API here any more", Action.POLL),
    Row(425, 425, "too early", Action.RECONNECT),
    Row(426, 426, "it wants another protocol", Action.POLL),
    Row(429, 429, "too many at once; not before its `Retry-After`", Action.RECONNECT),
    Row(500, 500, "the server failed", Action.RECONNECT),
    Row(501, 501, "it knows no WebSockets", Action.POLL),
    Row(502, 504, "out of reach or overloaded; not before its `Retry-After`", Action.RECONNECT),
    Row(200, 299, "something answers, but no WebSocket API", Action.POLL),
    Row(300, 399, "a redirect that leads nowhere; others are followed, up to ten", Action.POLL),
    Row(400, 499, "any other refusal", Action.POLL),
    Row(500, 599, "any other failure", Action.RECONNECT),
)
"""The first that fits."""


def after_close(code: int | None) -> Action:
    """For a connection closed with `code`; None where it broke without one."""
    return _look_up(CLOSE_CODES, 1006 if code is None else code)


def after_refusal(status: int) -> Action:
    """For an upgrade that was answered with an HTTP status other than 101."""
    return _look_up(UPGRADE_STATUSES, status)


def _look_up(rows: tuple[Row, ...], number: int) -> Action:
    return next((row.action for row in rows if number in row), Action.RECONNECT)
