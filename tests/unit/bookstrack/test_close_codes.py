"""What each way of losing or not getting a connection means: every row, and no number without one."""

from __future__ import annotations

import pytest

from bookstrack.close_codes import CLOSE_CODES, UPGRADE_STATUSES, Action, Row, after_close, after_refusal

SOON, RECONNECT, POLL = Action.RECONNECT_SOON, Action.RECONNECT, Action.POLL

CLOSED = {
    SOON: [1001, 1012],
    RECONNECT: [
        *(1000, 1002, 1004, 1005, 1006, 1011, 1013, 1014, 1015, 1016, 2999),
        *(3001, 3002, 3004, 3008, 3499, 4000, 4001, 4499),
    ],
    POLL: [1003, 1007, 1008, 1009, 1010, 3000, 3003, 3500, 3999, 4500, 4999],
}
REFUSED = {
    RECONNECT: [408, 425, 429, 500, 502, 503, 504, 507, 599],
    POLL: [
        *(200, 204, 300, 301, 302, 304, 307, 308, 399),
        *(400, 401, 402, 403, 404, 405, 409, 410, 418, 426, 451, 499, 501),
    ],
}


def cases(expected: dict[Action, list[int]]) -> list[tuple[int, Action]]:
    return [(number, action) for action, numbers in expected.items() for number in numbers]


@pytest.mark.parametrize(("code", "action"), cases(CLOSED))
def test_a_close_code_says_what_to_do(code: int, action: Action) -> None:
    """No code makes the client give the job up: that only the record can."""
    assert action is after_close(code)


def test_a_connection_that_broke_without_a_code_is_one_that_broke() -> None:
    """1006 is never sent (RFC 6455, section 7.4.1)."""
    assert RECONNECT is after_close(None)


@pytest.mark.parametrize(("status", "action"), cases(REFUSED))
def test_a_refused_upgrade_says_what_to_do(status: int, action: Action) -> None:
    """What is temporary is tried again, what is not is not."""
    assert action is after_refusal(status)


@pytest.mark.parametrize(
    ("rows", "expected", "numbers"),
    [(CLOSE_CODES, CLOSED, range(1000, 5000)), (UPGRADE_STATUSES, REFUSED, range(200, 600))],
)
def test_every_number_has_a_row_and_every_row_a_case(
    rows: tuple[Row, ...], expected: dict[Action, list[int]], numbers: range
) -> None:
    """Nothing is left to chance."""
    tried = [number for number, _ in cases(expected)]

    assert [] == [number for number in numbers if not any(number in row for row in rows)]
    assert [] == [row for row in rows if not any(number in row for number in tried)]
