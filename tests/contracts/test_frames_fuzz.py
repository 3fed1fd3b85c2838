"""Thousands of frames made from docs/asyncapi.yaml, most of them spoilt, over real sockets: none is lost."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.sync.client import ClientConnection

from tests.contracts.frames import answers_to, frames
from tests.e2e.conftest import System, frames_until_the_end, ids_of_works, new_id

AT_ONCE = 25
"""Frames on their way together; the gateway admits 500 a second."""
SECONDS = 900
STATES = ("progress", "complete", "error", "cancelled")
OWN, UNKNOWN, ENDED = new_id(), new_id(), new_id()


class Sender:
    """A connection, and how many frames of which kind have come over it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.got: Counter[str] = Counter()
        self.wanted: Counter[str] = Counter()
        self.open = 0
        """Frames to which the document leaves the answer open: each may have one, or one and a state."""

    def send(self, texts: list[str]) -> None:
        """Sends them, and waits for all answers."""
        for text in texts:
            self._socket.send(text)
            answers = answers_to(text, OWN, [ENDED])
            if answers is None:
                self.open += 1
            else:
                self.wanted += answers
        self.settle(texts)

    def settle(self, texts: list[str]) -> None:
        """Waits until as many have come as must, by what comes after: a ping of our own."""
        self._socket.send('{"type":"ping"}')
        self.wanted["pong"] += 1
        deadline = time.monotonic() + 60
        while self.missing():
            assert time.monotonic() < deadline, f"{self.missing()} not answered of {texts}"
            self._take(json.loads(self._socket.recv(timeout=deadline - time.monotonic())))
        # An open one may have an answer and a state.
        assert self.surplus() <= self.open * 2, (
            f"more answers than wanted: {self.got - self.wanted} to {texts}"
        )

    def missing(self) -> Counter[str]:
        return self.wanted - self.got

    def surplus(self) -> int:
        return (self.got - self.wanted).total()

    def _take(self, frame: dict[str, object]) -> None:
        compact = "s" in frame
        assert compact or "type" in frame, f"the gateway complains: {frame}"
        self.got["state" if compact or frame["type"] in STATES else str(frame["type"])] += 1


@pytest.fixture(scope="module")
def sender(system: System) -> Iterator[Sender]:
    """On a connection that knows one job that has ended."""
    with system.listen(ENDED):
        system.start(["OL1W"], ENDED)
        assert "completed" == system.wait(ENDED)["status"]
    with system.listen(OWN, ready=False, ping_interval=None) as socket:
        yield Sender(socket)


@pytest.mark.timeout(1800)
def test_every_frame_is_answered_and_costs_nobody_else_anything(
    system: System, sender: Sender, fuzz_frames: int
) -> None:
    """A frame that is as documented by what the document says, any other by one problem; a job that runs beside is not
    held up, and counts every work once."""
    beside = new_id()
    works = ids_of_works(480, unknown=20)
    sent = 0

    @settings(
        max_examples=-(-fuzz_frames // AT_ONCE),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(texts=st.lists(frames([OWN, UNKNOWN, ENDED]), min_size=AT_ONCE, max_size=AT_ONCE))
    def send(texts: list[str]) -> None:
        nonlocal sent
        sender.send(texts)
        sent += len(texts)

    # A client's own pings would draw random numbers beside Hypothesis.
    with system.listen(beside, ping_interval=None) as socket, ThreadPoolExecutor(1) as threads:
        watched = threads.submit(frames_until_the_end, socket, SECONDS)
        system.start(works, beside)
        send()
        shown = watched.result(SECONDS)
    ended = system.state(beside)

    assert fuzz_frames <= sent
    assert ["complete"] == [frame["type"] for frame in shown if frame["type"] != "progress"]
    assert ended["seq"] == shown[-1]["seq"]
    assert ("completed", 500, 500, 0) == tuple(
        ended[name] for name in ("status", "processedItems", "totalItems", "failedItems")
    )
    assert works == [row["workId"] for row in system.results(beside)]
