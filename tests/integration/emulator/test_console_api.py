"""The console as its page uses it, over real sockets; `tests/e2e/console` has the page itself."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from local_emulator.testing import TestEmulator
from tests.waiting import wait_until

# An option that no other module has: an emulator of this module's own.
pytestmark = pytest.mark.emulator(template="template.yaml", idle_timeout=300)

Message = dict[str, Any]


class Feed:
    """The console's events, read until what a test waits for has come."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._heard: list[Message] = []
        self.snapshot = self.next()
        assert "snapshot" == self.snapshot["type"]

    def next(self) -> Message:
        message: Message = json.loads(self._socket.recv(timeout=20))
        return message

    def until(self, wanted: Callable[[Message], Any]) -> Any:
        """The first true thing that `wanted` finds in a message since the snapshot."""
        for message in self._heard:
            if found := wanted(message):
                return found
        while True:
            self._heard.append(self.next())
            if found := wanted(self._heard[-1]):
                return found


@contextmanager
def feed(emulator: TestEmulator, **options: Any) -> Iterator[Feed]:
    url = emulator.url.replace("http", "ws", 1)
    with connect(f"{url}/_console/events", proxy=None, max_size=None, **options) as socket:
        yield Feed(socket)


def frames(kind: str, text: str) -> Callable[[Message], list[Message]]:
    return lambda message: [
        entry for entry in message["traffic"] if entry["kind"] == kind and text in entry["text"]
    ]


def ended(function: str) -> Callable[[Message], list[Message]]:
    return lambda message: [
        entry
        for entry in message["invocations"]
        if entry["function"] == function and entry["state"] != "running"
    ]


# what happens


def test_frames_and_invocations_are_told_as_they_happen(emulator: TestEmulator) -> None:
    """Both ways, with the route and the connection; an invocation with its cause and its duration."""
    with feed(emulator) as console, emulator.connect() as socket:
        socket.send('{"action": "hello"}')
        socket.recv(timeout=20)

        came = console.until(frames("in", "hello"))
        went = console.until(frames("out", "hello"))
        invocation = console.until(ended("SocketFunction"))
    assert ["$default"] == [entry["route"] for entry in came]
    assert [came[0]["connection"]] == [entry["connection"] for entry in went]
    assert ("$default", "done") == (invocation[-1]["cause"], invocation[-1]["state"])
    assert invocation[-1]["duration_ms"] > 0


def test_history_is_kept_while_no_page_is_open(emulator: TestEmulator) -> None:
    """A page that opens later sees what led to what it looks for."""
    with emulator.connect() as socket:
        socket.send("before anybody looked")
        socket.recv(timeout=20)
        with feed(emulator) as console:
            seen = [entry["text"] for entry in console.snapshot["traffic"]]
            assert "before anybody looked" in seen
            (open_one,) = console.snapshot["connections"]
            assert "Socket" == open_one["api"]
            assert 1 == console.snapshot["connection_count"]


def test_a_page_learns_of_the_end_of_a_connection(emulator: TestEmulator) -> None:
    """With the code and the reason that $disconnect is told."""
    with feed(emulator) as console:
        with emulator.connect() as socket:
            socket.close(4001, "enough")
        (entry,) = console.until(frames("disconnect", "enough"))
    assert 4001 == entry["status"]


def test_a_frame_is_cut_in_the_list_and_whole_by_itself(emulator: TestEmulator) -> None:
    """The list says how long it is."""
    text = "x" * 20_000
    with feed(emulator) as console, emulator.connect() as socket:
        socket.send(text)
        (entry,) = console.until(frames("in", "xxx"))

    assert (400, 20_000) == (len(entry["text"]), entry["text_length"])
    assert text == emulator.http.get(f"/_console/api/traffic/{entry['number']}").json()["text"]


def test_more_than_a_page_can_follow_becomes_a_new_snapshot(emulator: TestEmulator) -> None:
    """Nothing piles up: a page that would miss something starts over."""

    async def burst() -> None:
        recorder = emulator.running._recorder
        for number in range(1500):
            recorder.frame(info, "in", f"frame {number}", "$default")

    with feed(emulator) as console, emulator.connect():
        (info,) = [connection.info for connection in emulator.connections()]
        emulator.call(burst())
        again = console.until(
            lambda message: message if message["type"] == "snapshot" else None,
        )
    assert [f"frame {number}" for number in range(1000, 1500)] == [
        entry["text"] for entry in again["traffic"]
    ]


def test_history_is_bounded(emulator: TestEmulator) -> None:
    """The page is told how much is kept, and how much may be."""
    with feed(emulator) as console:
        for ring in console.snapshot["history"].values():
            assert ring["entries"] <= ring["most_entries"]
            assert ring["bytes"] <= ring["most_bytes"]


def test_clearing_forgets_and_tells_every_page(emulator: TestEmulator) -> None:
    """What is not kept any more is answered by saying so."""
    with emulator.connect() as socket:
        socket.send("to be forgotten")
        socket.recv(timeout=20)
    with feed(emulator) as console:
        number = console.snapshot["traffic"][-1]["number"]
        assert {} == emulator.http.post("/_console/api/clear").json()

        assert console.until(lambda message: message["type"] == "snapshot" and not message["traffic"])
    answer = emulator.http.get(f"/_console/api/traffic/{number}")
    assert (404, "It is no longer kept: the history holds the newest only") == (
        answer.status_code,
        answer.json()["message"],
    )


def test_a_template_that_has_changed_is_shown_anew(emulator: TestEmulator) -> None:
    """Open pages are told without asking."""
    with feed(emulator) as console:
        emulator.call(emulator.running.reload_template())

        again = console.until(lambda message: message if message["type"] == "snapshot" else None)
    assert "SocketFunction" in [function["id"] for function in again["application"]["functions"]]


# invoking


def test_an_invocation_has_its_own_log_however_many_run_at_once(emulator: TestEmulator) -> None:
    """Lines of one environment belong to the invocation that ran in it."""
    numbers = emulator.call(_invoked_at_once(emulator.url, "one", "other"))
    logs = [
        emulator.http.get(f"/_console/api/invocations/{number}").json()["log"].splitlines()
        for number in numbers
    ]
    for lines, word in zip(logs, ("one", "other"), strict=True):
        assert word in lines
        assert 1 == len([line for line in lines if line.startswith("START RequestId")])
        assert 1 == len([line for line in lines if line.startswith("REPORT RequestId")])


async def _invoked_at_once(url: str, *words: str) -> list[int]:
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
        answers = await asyncio.gather(
            *(
                client.post("/_console/api/functions/Misbehaving/invoke", json={"print": word, "sleep": 0.5})
                for word in words
            )
        )
    return [answer.json()["number"] for answer in answers]


def test_a_failure_is_shown_with_its_message(emulator: TestEmulator) -> None:
    """The answer is Lambda's error object."""
    answer = emulator.http.post("/_console/api/functions/Misbehaving/invoke", json={"raise": "too bad"})
    shown = emulator.http.get(f"/_console/api/invocations/{answer.json()['number']}").json()

    assert ("failed", "ValueError: too bad") == (shown["state"], shown["error"])
    assert "ValueError" == json.loads(shown["answer"])["errorType"]


@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        ("functions/Nobody/invoke", b"{}", 404, "there is no function Nobody"),
        ("functions/Misbehaving/invoke", b"{nope", 400, "the event is no JSON"),
        ("queues/Nothing/purge", b"", 404, "the template has no AWS::SQS::Queue Nothing"),
        ("nonsense", b"", 404, "there is no POST /_console/api/nonsense"),
    ],
)
def test_what_cannot_be_done_says_why(
    emulator: TestEmulator, path: str, body: bytes, status: int, message: str
) -> None:
    """And nothing else happens."""
    answer = emulator.http.post(f"/_console/api/{path}", content=body)

    assert status == answer.status_code
    assert message in answer.json()["message"]


@pytest.mark.parametrize(
    "path",
    ["static/../guard.py", "static/%2e%2e%2fguard.py", "static/nothing.js", "static/", "api/events/..%2Fx"],
)
def test_nothing_but_its_own_files_is_served(emulator: TestEmulator, path: str) -> None:
    """However a path is written."""
    with sockets.create_connection(("localhost", int(emulator.url.rpartition(":")[2]))) as raw:
        raw.sendall(f"GET /_console/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 404")


# queues and tables


def test_to_peek_is_not_to_receive(emulator: TestEmulator) -> None:
    """The message is seen with its state, and its receive count stays what it was."""
    sqs, url = emulator.client("sqs"), emulator.outputs["DeadLettersUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="look at me")
    for _ in range(3):
        (message,) = emulator.http.get("/_console/api/queues/DeadLetters").json()["messages"]
    assert ("look at me", "visible", 0) == tuple(message[name] for name in ("body", "state", "receive_count"))

    (depth,) = [
        each for each in emulator.http.get("/_console/api/queues").json() if each["id"] == "DeadLetters"
    ]
    assert (1, 0, 0, ["Queue"]) == tuple(
        depth[name] for name in ("visible", "in_flight", "delayed", "dead_letters_of")
    )
    emulator.http.post("/_console/api/queues/DeadLetters/purge")
    assert 0 == emulator.http.get("/_console/api/queues/DeadLetters").json()["count"]


def test_dead_letters_are_sent_back(emulator: TestEmulator) -> None:
    """To the queue whose dead letters they are, where the function handles them."""
    emulator.client("sqs").send_message(QueueUrl=emulator.outputs["DeadLettersUrl"], MessageBody="second try")
    assert {"moved": 1} == emulator.http.post("/_console/api/queues/DeadLetters/redrive").json()

    def rows() -> Any:
        return emulator.http.get("/_console/api/tables/Table?partition=message%23second+try").json()["rows"]

    wait_until(rows)
    answer = emulator.http.post("/_console/api/queues/Queue/redrive")
    assert 409 == answer.status_code


def test_rows_come_page_by_page(emulator: TestEmulator) -> None:
    """All of them, each once."""
    dynamodb = emulator.client("dynamodb")
    name = dynamodb.list_tables()["TableNames"][0]
    for number in range(60):
        dynamodb.put_item(TableName=name, Item={"pk": {"S": f"row#{number}"}, "raw": {"B": b"\xff"}})
    found: list[str] = []
    start = ""
    while True:
        page = emulator.http.get("/_console/api/tables/Table", params={"start": start}).json()
        found += [row["pk"]["S"] for row in page["rows"] if "row#" in row["pk"]["S"]]
        start = page["next"]
        if not start:
            break

    assert sorted(f"row#{number}" for number in range(60)) == sorted(found)
    assert {"B": "/w=="} == page["rows"][-1].get("raw", {"B": "/w=="})
    assert 400 == emulator.http.get("/_console/api/tables/Table?start=nonsense").status_code


# who may


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_pages_from_elsewhere_are_refused(emulator: TestEmulator, headers: dict[str, str]) -> None:
    """They can neither look nor act nor listen."""
    assert 403 == emulator.http.get("/_console/api/queues", headers=headers).status_code
    assert 403 == emulator.http.post("/_console/api/queues/Queue/purge", headers=headers).status_code
    if "host" not in headers:
        with pytest.raises(InvalidStatus) as refused, feed(emulator, additional_headers=headers):
            pass
        assert 403 == refused.value.response.status_code


def test_the_page_runs_nothing_but_its_own_files(emulator: TestEmulator) -> None:
    """A strict policy, on every answer."""
    for path in ("/_console", "/_console/", "/_console/static/app.js", "/_console/api/queues"):
        answer = emulator.http.get(path)
        assert 200 == answer.status_code
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert "nosniff" == answer.headers["x-content-type-options"]
