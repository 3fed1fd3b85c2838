"""What each way of losing a connection means."""

from __future__ import annotations

import pytest

from bookstrack.close_codes import Action, after_close, after_refusal


@pytest.mark.parametrize(
    ("code", "action"),
    [
        (1000, Action.RECONNECT),
        (1001, Action.RECONNECT_SOON),
        (1003, Action.POLL),
        (1005, Action.RECONNECT),
        (1006, Action.RECONNECT),
        (1007, Action.POLL),
        (1008, Action.POLL),
        (1009, Action.POLL),
        (1011, Action.RECONNECT),
        (1012, Action.RECONNECT_SOON),
        (1013, Action.RECONNECT),
        (4001, Action.RECONNECT),
        (4500, Action.POLL),
        (None, Action.RECONNECT),
    ],
)
def test_a_close_code_says_what_to_do(code: int | None, action: Action) -> None:
    """No code makes the client give the job up: that only the record can."""
    assert action is after_close(code)


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (400, Action.FAIL),
        (401, Action.FAIL),
        (403, Action.FAIL),
        (404, Action.POLL),
        (426, Action.POLL),
        (418, Action.FAIL),
        (429, Action.RECONNECT),
        (500, Action.RECONNECT),
        (503, Action.RECONNECT),
    ],
)
def test_a_refused_upgrade_says_what_to_do(status: int, action: Action) -> None:
    """What is temporary is tried again, what is not is not."""
    assert action is after_refusal(status)
