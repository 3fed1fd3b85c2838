"""A post as it goes over the wire: the same as the SDK's, whose signature API Gateway checks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import boto3
import pytest
from botocore.exceptions import BotoCoreError, NoCredentialsError

from progress import posting
from progress.posting import ConnectionsApi

CONNECTION_ID = "L0SM9cOFvHcCIhw="


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []
    status = 200
    hangs = threading.Event()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        if self.hangs.is_set():
            return
        self.send_response(self.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE000000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of a role")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    Handler.seen.clear()
    Handler.status = 200
    Handler.hangs.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/prod"
        server.shutdown()
        thread.join()


def test_a_post_is_that_of_the_sdk(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Path, body, and signature, of the same moment; an id's "=" is escaped."""
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: now)
    boto3.Session().client("apigatewaymanagementapi", endpoint_url=endpoint).post_to_connection(
        ConnectionId=CONNECTION_ID, Data=b"frame"
    )
    assert 200 == ConnectionsApi(endpoint, connections=1).post(CONNECTION_ID, b"frame")
    (path, theirs, body), (our_path, ours, our_body) = Handler.seen

    assert ("/prod/@connections/L0SM9cOFvHcCIhw%3D", b"frame") == (our_path, our_body)
    assert (path, body) == (our_path, our_body)
    assert theirs["authorization"] == ours["authorization"]
    assert "/20261125/eu-west-1/execute-api/aws4_request" in ours["authorization"]


@pytest.mark.parametrize("status", [200, 410, 429, 403, 500])
def test_the_answer_is_its_status(endpoint: str, status: int) -> None:
    """What becomes of it is decided elsewhere; nothing is tried again here."""
    Handler.status = status

    assert status == ConnectionsApi(endpoint, connections=1).post(CONNECTION_ID, b"frame")
    assert 1 == len(Handler.seen)


def test_no_answer_is_an_error_of_the_sdks(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In time, and where nobody listens at once."""
    monkeypatch.setattr(posting, "_SECONDS", 0.2)
    Handler.hangs.set()
    with pytest.raises(BotoCoreError):
        ConnectionsApi(endpoint, connections=1).post(CONNECTION_ID, b"frame")
    with pytest.raises(BotoCoreError):
        ConnectionsApi("http://127.0.0.1:9/prod", connections=1).post(CONNECTION_ID, b"frame")


def test_without_credentials_nothing_is_sent(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the SDK has it."""
    monkeypatch.setattr(boto3.Session, "get_credentials", lambda _: None)

    with pytest.raises(NoCredentialsError):
        ConnectionsApi(endpoint, connections=1).post(CONNECTION_ID, b"frame")
    assert [] == Handler.seen


def test_one_is_used_by_many_threads(endpoint: str) -> None:
    """The posts of one frame go out side by side."""
    api = ConnectionsApi(endpoint, connections=4)
    threads = [threading.Thread(target=api.post, args=(CONNECTION_ID, b"x")) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 20 == len(Handler.seen)
