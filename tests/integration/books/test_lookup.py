"""Look-ups against the catalogue over real HTTP, with cache and breakers in a DynamoDB table."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from books.cache import Cache, Cached
from books.errors import QuotaError, TransientError
from books.lookup import Found, Library, NotFound
from books.work import Work
from tests.integration.progress.conftest import TABLE_NAME
from tests.outages import outage
from tests.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Catalogue:
    """The running catalogue."""

    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, **faults: float) -> None:
        assert httpx.post(f"{self.url}/_control", json=faults, trust_env=False).is_success

    def requests(self) -> dict[str, int]:
        counted: dict[str, int] = httpx.get(f"{self.url}/_stats", trust_env=False).json()
        return counted


@pytest.fixture(scope="module")
def running_catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    ready = tmp_path_factory.mktemp("catalogue") / "ready.json"
    command = [sys.executable, "-m", "catalogue", "--port", "0", "--ready-file", str(ready)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        wait_until(ready.exists, what="the catalogue")
        yield Catalogue(json.loads(ready.read_text())["url"])
        process.terminate()


@pytest.fixture
def catalogue(running_catalogue: Catalogue) -> Iterator[Catalogue]:
    yield running_catalogue
    running_catalogue.control(error_rate=0, rate_limit=0, latency=0)


def look_up(library: Library, work: Work) -> Found | NotFound:
    """As a chunk that has this work alone."""
    with library.memory([work]) as memory:
        return library.look_up(work, memory)


def library_at(open_library: str, google_books: str, dynamodb: DynamoDBClient, **variables: str) -> Library:
    environment = {
        "OPENLIBRARY_URL": open_library,
        "GOOGLE_BOOKS_URL": google_books,
        "PROVIDER_RETRIES": "0",
        "PROVIDER_TIMEOUT_SECONDS": "2",
        **variables,
    }
    return Library.from_env(environment, client=dynamodb, table_name=TABLE_NAME)


@pytest.fixture
def library(catalogue: Catalogue, dynamodb: DynamoDBClient) -> Library:
    return library_at(catalogue.url, f"{catalogue.url}/books/v1", dynamodb)


@pytest.mark.parametrize(
    ("work", "title", "source"),
    [
        (Work("OL7000001W"), "The Hunger Games", "openlibrary"),
        (Work("9780439023481"), "The Hunger Games", "openlibrary"),
        (Work("0439023483"), "The Hunger Games", "openlibrary"),
        (Work("x", isbn="978-0-439-55493-0"), "Harry Potter and the Sorcerer's Stone", "openlibrary"),
        (Work("x", title="to kill a mockingbird", author="Lee"), "To Kill a Mockingbird", "openlibrary"),
        (Work("x", title="Pride and Prejudice"), "Pride and Prejudice", "openlibrary"),
    ],
)
def test_a_book_is_found_by_whatever_is_known_of_it(
    library: Library, work: Work, title: str, source: str
) -> None:
    """Open Library's id, an ISBN of either length, title and author, a title alone."""
    found = look_up(library, work)

    assert isinstance(found, Found)
    assert (title, source) == (found.metadata.title, found.metadata.source)


def test_what_the_first_provider_lacks_the_second_may_have(library: Library, catalogue: Catalogue) -> None:
    """Number 7 of the data is not in Open Library; an id that leads nowhere leaves the title."""
    by_isbn = look_up(library, Work("9780618260300"))
    by_title = look_up(library, Work("x", title="The Hobbit", author="J.R.R. Tolkien"))
    by_title_at_last = look_up(library, Work("OL7000007W", title="The Hobbit", author="J.R.R. Tolkien"))

    for found in (by_isbn, by_title, by_title_at_last):
        assert isinstance(found, Found)
        assert ("googlebooks", "The Hobbit") == (found.metadata.source, found.metadata.title)


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (Work("OL99000000W"), "Open Library has no such work"),
        (Work("9791034310302"), "Neither Open Library nor Google Books has it"),
        (Work("x", title="To Kill a Mockingbird", author="Somebody Else"), "Neither"),
        (Work("9780439023482"), "check digit"),
        (Work("shelf-7"), "no title"),
    ],
)
def test_what_is_not_there_is_not_found_with_a_reason(library: Library, work: Work, words: str) -> None:
    """And never another book."""
    found = look_up(library, work)

    assert isinstance(found, NotFound)
    assert words in found.reason


def test_a_book_is_asked_for_once(library: Library, catalogue: Catalogue) -> None:
    """However it is written; what nobody has is remembered too."""
    works = [Work("9780439023481"), Work("x", isbn="0-439-02348-3"), Work("OL99000000W"), Work("OL99000000W")]
    before = catalogue.requests()
    outcomes = [look_up(library, work) for work in works]
    after = catalogue.requests()

    assert outcomes[0] == outcomes[1]
    assert outcomes[2] == outcomes[3]
    # One for the ISBN; a search and a record for the id, for which Google Books cannot be asked.
    assert 3 == after["openlibrary"] - before.get("openlibrary", 0)


def test_a_provider_that_is_busy_is_no_answer_and_is_not_remembered(
    library: Library, catalogue: Catalogue
) -> None:
    """The caller may ask later, and then it is found."""
    catalogue.control(error_rate=1)
    with pytest.raises(TransientError, match="Open Library is busy"):
        look_up(library, Work("9780743273565"))
    catalogue.control(error_rate=0)

    assert isinstance(look_up(library, Work("9780743273565")), Found)


def test_a_provider_that_keeps_failing_is_left_alone_for_a_while(
    library: Library, catalogue: Catalogue
) -> None:
    """The breaker opens; no further request is made."""
    catalogue.control(error_rate=1)
    for number in range(12):
        with pytest.raises(TransientError):
            look_up(library, Work(f"OL{9_000_000 + number}W"))
    before = catalogue.requests()["openlibrary"]

    with pytest.raises(TransientError, match="Open Library has failed too often"):
        look_up(library, Work("OL9100000W"))
    assert before == catalogue.requests()["openlibrary"]


def test_many_threads_look_up_side_by_side(library: Library) -> None:
    """One library for all of them."""
    works = [Work(f"OL{7_000_000 + number}W") for number in range(1, 61) if number % 14 != 7]
    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(partial(look_up, library), works))

    assert all(isinstance(outcome, Found) for outcome in outcomes)


def test_the_cache_forgets_in_time(dynamodb: DynamoDBClient, library: Library) -> None:
    """What was found after its days, what was not found after one; rows deleted late do not count."""
    now = [1_000_000.0]
    cache = Cache(dynamodb, TABLE_NAME, days=30, clock=lambda: now[0])
    found = look_up(library, Work("9780439023481"))
    assert isinstance(found, Found)
    cached = Cached(found.metadata)
    nowhere = Cached(None, "nobody has it")
    cache.put({"a": cached, "b": nowhere})

    assert {"a": cached, "b": nowhere, "c": None} == cache.get(["a", "b", "c"])
    now[0] += 24 * 3600 + 1
    assert {"a": cached, "b": None} == cache.get(["a", "b"])
    now[0] += 30 * 24 * 3600
    assert {"a": None} == cache.get(["a"])


@contextmanager
def answering(response: bytes | None) -> Iterator[str]:
    """A server that answers every request with the same bytes, or never."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[Any] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                held.append(connection)
                if response is not None:
                    # Whoever has read enough hangs up.
                    with suppress(OSError):
                        connection.recv(65536)
                        connection.sendall(response)
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in held:
            connection.close()


def http(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (http("200 OK", b"<html>"), "not JSON"),
        (http("200 OK", b"x" * 3_000_000), "more than"),
        (http("302 Found", b"", "location: http://169.254.169.254/latest/meta-data"), "another host"),
        (http("302 Found", b"", "location: /again"), "in circles"),
        (http("400 Bad Request", b"{}"), "refused the request"),
        (b"nonsense\r\n\r\n", "does not answer"),
        (None, "does not answer"),
    ],
    ids=["HTML", "huge", "elsewhere", "circle", "refused", "nonsense", "silent"],
)
def test_a_provider_that_misbehaves_is_no_answer(
    dynamodb: DynamoDBClient, response: bytes | None, words: str
) -> None:
    """It is told in words; nothing of what it said is, and nobody is sent elsewhere."""
    with answering(response) as url:
        library = library_at(url, url, dynamodb, PROVIDER_TIMEOUT_SECONDS="0.3")
        with pytest.raises(TransientError, match=words):
            look_up(library, Work("9780439023481"))


def test_a_search_asks_everybody_and_tells_who_could_not_say(
    catalogue: Catalogue, dynamodb: DynamoDBClient
) -> None:
    """None of the candidates need be right; words that a provider does not take are no reason to ask it again."""
    library = library_at(catalogue.url, "http://127.0.0.1:9/books/v1", dynamodb)

    found = library.search("the hobbit tolkien")
    refused = library_at(catalogue.url, f"{catalogue.url}/books/v1", dynamodb).search("the")

    assert ["Google Books does not answer"] == [str(reason) for reason in found.silent]
    assert [] == refused.silent
    assert "openlibrary" not in {candidate.source for candidate in refused.found}


def test_a_book_that_only_an_exhausted_provider_may_have_is_no_guess(
    catalogue: Catalogue, dynamodb: DynamoDBClient
) -> None:
    """Not "not found", and not worth another try today; what the others have is found all the same."""
    exhausted = http("403 Forbidden", b'{"error":{"errors":[{"reason":"dailyLimitExceeded"}]}}')
    with answering(exhausted) as url:
        library = library_at(catalogue.url, url, dynamodb)
        with pytest.raises(QuotaError, match="Google Books's quota for today is used up"):
            look_up(library, Work("9791034310302"))
        assert isinstance(look_up(library, Work("9780439023481")), Found)
        assert [] == library.search("the hobbit").silent


def test_a_cache_that_cannot_be_reached_costs_no_book(library: Library, dynamodb: DynamoDBClient) -> None:
    """The provider is asked instead, and nothing is remembered."""
    with outage(dynamodb, lambda *_: True):
        found = look_up(library, Work("9780439023481"))

    assert isinstance(found, Found)
