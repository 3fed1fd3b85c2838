"""Our own template for tests, by the fixture that anybody may use."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosed

from local_emulator.testing import TestEmulator
from tests.waiting import wait_until

pytestmark = pytest.mark.emulator(template="template.yaml")


def test_throttled_table_becomes_a_failed_request(emulator: TestEmulator) -> None:
    """The SDK gives up after its retries, the function raises, the API answers 500; then all is well again."""
    emulator.faults.set(
        {"where": "table", "action": "throttle", "match": {"table": "Table", "operation": "UpdateItem"}}
    )
    assert 500 == emulator.http.get("/hits/a").status_code

    emulator.faults.clear()
    assert 1 == emulator.http.get("/hits/a").json()["hits"]


def test_sixty_connections_that_close_at_once_do_not_start_sixty_processes(emulator: TestEmulator) -> None:
    """H2: a function has at most ten environments here, and each of the sixty $disconnect events is handled."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(emulator.connect()) for _ in range(60)]
        emulator.faults.drop()
        for socket in sockets:
            with pytest.raises(ConnectionClosed):
                socket.recv()
    most = 0

    def all_handled() -> bool:
        nonlocal most
        most = max(most, len([one for one in emulator.environments() if one.function == "SocketFunction"]))
        return 60 == len([line for line in emulator.logs("SocketFunction") if line.startswith("REPORT")])

    wait_until(all_handled)
    assert 1 <= most <= 10
