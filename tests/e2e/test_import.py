"""A library imported from a file: every row is a work or is rejected, and what the file says stays with the book."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from books.exports.limits import MAX_BYTES
from tests import exports
from tests.e2e.conftest import System, frames_until_the_end, new_id, start_system

PATH = "/api/csv/import"
OCTETS = {"content-type": "application/octet-stream"}


@pytest.fixture(scope="module")
def fresh_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One that has looked up no book, and that nobody else uses."""
    yield from start_system(tmp_path_factory.mktemp("fresh"))


def send(
    system: System, file: bytes, job_id: str | None = None, headers: dict[str, str] = OCTETS
) -> httpx.Response:
    query = {"jobId": job_id} if job_id else {}
    return system.http.post(PATH, params=query, content=file, headers=headers)


def accepted(system: System, file: bytes, job_id: str | None = None) -> dict[str, Any]:
    answer = send(system, file, job_id)
    assert 202 == answer.status_code, answer.text
    body: dict[str, Any] = answer.json()
    return body


def imported(system: System, file: bytes, seconds: float = 60) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The answer to an import, and the frames up to its end; its client listens first, so it runs at once."""
    job_id = new_id()
    with system.listen(job_id) as socket:
        answer = accepted(system, file, job_id)
        return answer, frames_until_the_end(socket, seconds)


def as_table(system: System, job_id: str) -> list[dict[str, str]]:
    """The results as CSV, all parts of them."""
    url, text = f"/api/jobs/{job_id}/results", ""
    while url:
        answer = system.http.get(url, headers={"accept": "text/csv"})
        assert (200, "text/csv; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
        text += answer.text
        url = answer.links.get("next", {}).get("url", "")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize(
    ("file", "rating"),
    [
        (exports.goodreads(exports.books(40)), 5.0),
        (exports.goodreads(exports.books(40), columns=31), 5.0),
        (exports.storygraph(exports.books(40)), 3.75),
        (exports.librarything(exports.books(40)), 4.5),
        (exports.plain(exports.books(40)), 4.0),
        (exports.plain(exports.books(40), encoding="utf-16"), 4.0),
        (exports.plain(exports.books(40), encoding="cp1252"), 4.0),
        (exports.plain(exports.books(40), encoding="utf-8-sig"), 4.0),
    ],
    ids=["goodreads 24", "goodreads 31", "storygraph", "librarything", "plain", "utf-16", "cp1252", "bom"],
)
def test_every_export_is_imported_whole(system: System, file: bytes, rating: float) -> None:
    """In file order, each with its line and what its reader thought of it, whatever was found."""
    answer, frames = imported(system, file)
    rows = system.results(answer["jobId"])

    assert (40, []) == (answer["totalItems"], answer["rejectedRows"])
    assert ("complete", 40) == (frames[-1]["type"], frames[-1]["data"]["processedItems"])
    assert ("import", "completed") == tuple(system.state(answer["jobId"])[key] for key in ("kind", "status"))
    assert list(range(2, 42)) == [row["line"] for row in rows]
    assert [book["isbn13"] for book in exports.books(40)] == [row["workId"] for row in rows]
    assert rating == rows[2]["own"]["rating"]
    assert "Twilight" == rows[2]["metadata"]["title"]
    assert all(row["status"] == "found" for row in rows)


def row_of(number: int) -> list[str]:
    """Of fifty rows, one is of a book that no provider knows, and one of none."""
    if number % 50 == 49:
        return ["", "", "", "4"]
    if number % 50 == 24:
        return [f"No Such Book {number}", "Nobody At All", "", "2"]
    book = exports.books(1_500)[number]
    return [book["title"], book["authors"], book["isbn13"], "5"]


@pytest.mark.timeout(180)
def test_fifteen_hundred_rows_come_out_exactly(system: System) -> None:
    """Each in the answer, in the results and in the table of them, in file order."""
    header = ["Title", "Author", "ISBN", "My Rating"]
    file = exports.table(header, [row_of(number) for number in range(1_500)]).encode()
    answer, frames = imported(system, file, seconds=150)
    job_id = answer["jobId"]
    rows = system.results(job_id)
    table = as_table(system, job_id)
    rejected = [number + 2 for number in range(1_500) if number % 50 == 49]

    assert (1_470, rejected) == (answer["totalItems"], [row["line"] for row in answer["rejectedRows"]])
    assert ("complete", 1_470) == (frames[-1]["type"], frames[-1]["data"]["processedItems"])
    assert [line for line in range(2, 1_502) if line not in rejected] == [row["line"] for row in rows]
    unknown = [row for row in rows if row["own"]["title"].startswith("No Such Book")]
    assert [("not_found", 2.0)] * 30 == [(row["status"], row["own"]["rating"]) for row in unknown]
    assert 1_300 < sum(row["status"] == "found" for row in rows)
    first_page = system.http.get(f"/api/jobs/{job_id}/results").json()
    assert answer["rejectedRows"] == first_page["rejectedRows"]
    assert list(range(2, 1_502)) == [int(row["line"]) for row in table]
    assert rejected == [int(row["line"]) for row in table if row["status"] == "rejected"]
    assert {"5.0", "2.0"} == {row["my rating"] for row in table if row["status"] != "rejected"}


def test_a_book_that_a_file_has_four_times_is_looked_up_once(fresh_system: System) -> None:
    """Each of its rows has the result, and keeps its own."""
    books = [row for row in exports.books(60) if int(row["id"].removeprefix("gb")) % 14 != 7][:30]
    times = [
        [row["title"], row["authors"], row["isbn13"], str(each)] for each in range(1, 5) for row in books
    ]
    file = exports.table(["Title", "Author", "ISBN", "Rating"], times).encode()
    answer, _ = imported(fresh_system, file)
    rows = fresh_system.results(answer["jobId"])
    asked = httpx.get(f"{fresh_system.stack.catalogue_url}/_stats", trust_env=False).json()

    assert {"openlibrary": 30} == asked
    assert 120 == sum(row["status"] == "found" for row in rows)
    assert [1.0] * 30 + [2.0] * 30 + [3.0] * 30 + [4.0] * 30 == [row["own"]["rating"] for row in rows]


def test_long_reviews_in_any_script_come_back_whole(system: System) -> None:
    """Page by page, though 200 of them are more than one answer may hold."""
    reviews = ["\u0643\u062a\u0627\u0628 " * 1_600, "\u672c" * 5_000, '"\\' * 4_000]
    rows = [[row["title"], reviews[number % 3].strip()] for number, row in enumerate(exports.books(200))]
    answer, _ = imported(system, exports.table(["Title", "My Review"], rows).encode())
    job_id = answer["jobId"]

    assert [review for _, review in rows] == [row["own"]["review"] for row in system.results(job_id)]
    assert [review for _, review in rows] == [row["review"] for row in as_table(system, job_id)]


@pytest.mark.parametrize(
    ("file", "headers", "status"),
    [
        (b"", OCTETS, 400),
        (b"\n\n", OCTETS, 400),
        (b"Title\nEm\0ma\n", OCTETS, 415),
        (b"Title\nEm\0ma\n", {"content-type": "text/csv"}, 415),
        (b"%PDF-1.7\n", {"content-type": "text/csv"}, 415),
        (b"Title\nEmma\n", {"content-type": "application/json"}, 415),
        (b"Name of book\nEmma\n", OCTETS, 422),
        (b"Title,ISBN\n,1\n", OCTETS, 422),
        (b"Title\n" + b"Emma\n" * 10_001, OCTETS, 413),
        (b"Title" + b",a" * 200 + b"\nEmma\n", OCTETS, 413),
        (b"Title\n" + b"x" * MAX_BYTES, {"content-type": "text/csv"}, 413),
        (b"Title\n" + b"x" * MAX_BYTES, OCTETS, 413),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_file_that_cannot_be_used_gets_its_documented_answer(
    system: System, file: bytes, headers: dict[str, str], status: int
) -> None:
    """A problem, but for what API Gateway refuses by itself; and there is no job then."""
    job_id = new_id()
    answer = send(system, file, job_id, headers)

    assert status == answer.status_code
    assert answer.json()
    assert 404 == system.http.get(f"/api/jobs/{job_id}").status_code


def test_the_same_file_again_is_the_same_job_and_another_is_a_conflict(system: System) -> None:
    """A client that got no answer asks again; and the first file keeps the id."""
    job_id = new_id()
    file = exports.storygraph(exports.books(5))
    first, again = accepted(system, file, job_id), accepted(system, file, job_id)
    other = send(system, exports.storygraph(exports.books(6)), job_id)
    system.wait(job_id)

    assert first == again
    assert (409, "urn:progress:problem:conflict") == (other.status_code, other.json()["type"])
    assert 5 == len(system.results(job_id))
