"""GET /api/jobs/{jobId}/results of an import: every row of the file, as JSON in pages and as a table."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from progress import wiring
from progress.attempts import Attempt
from progress.chunks import each
from progress.job import ItemResult, ItemStatus
from progress.queues import ChunkMessage
from tests.integration.handlers.conftest import JOB_ID, Backend, event

REJECTED = [{"line": 3, "reason": "no title and no ISBN"}, {"line": 30, "reason": "not a book: DVD"}]


def imported(lines: list[int], *, review: str = "") -> None:
    """A job over rows at those lines of a file, all found; its rejected rows are on lines 3 and 30."""
    items = [
        {
            "workId": f"line-{line}",
            "kept": {"line": line, "own": {"title": f"=Title {line}", "rating": 4.5, "review": review}},
        }
        for line in lines
    ]
    wiring.lifecycle().start(
        JOB_ID, kind="import", items=items, rejected=REJECTED, owner="", traceparent=None
    )
    wiring.lifecycle().launch(JOB_ID)
    found = ItemResult(
        status=ItemStatus.FOUND, label="", detail={"metadata": {"title": "Emma", "source": "openlibrary"}}
    )
    for chunk in range(-(-len(items) // 25)):
        message = ChunkMessage(job_id=JOB_ID, chunk=chunk)
        attempt = Attempt(receives=1, last=False, remaining_ms=lambda: 60_000)
        wiring.chunk_worker().run(message, each(lambda _: found), attempt)


def page(backend: Backend, **query: str) -> dict[str, Any]:
    status, body, _ = backend.request("jobs", "http_get_results", queryStringParameters=query)
    assert 200 == status, body
    return body


def table(backend: Backend, **query: str) -> tuple[list[dict[str, str]], str, dict[str, str]]:
    """The rows, the text, and the headers of a table."""
    headers = {**event("http_get_results")["headers"], "accept": "text/csv, */*;q=0.1"}
    given = event("http_get_results", headers=headers, queryStringParameters=query)
    answer = backend.invoke("jobs", given)
    assert 200 == answer["statusCode"], answer["body"]
    return list(csv.DictReader(io.StringIO(answer["body"]))), answer["body"], answer["headers"]


def test_a_result_holds_what_the_file_said_beside_what_was_found(backend: Backend) -> None:
    """With its line; the rejected rows come with the first page, and only there."""
    imported([2, 4, 5])

    first = page(backend, limit="2")
    second = page(backend, limit="2", cursor=first["nextCursor"])

    assert REJECTED == first["rejectedRows"]
    assert "rejectedRows" not in second
    assert [2, 4, 5] == [item["line"] for item in (*first["items"], *second["items"])]
    assert {"title": "=Title 2", "rating": 4.5, "review": ""} == first["items"][0]["own"]
    assert "Emma" == first["items"][0]["metadata"]["title"]


def test_a_table_has_every_row_of_the_file_in_its_order(backend: Backend) -> None:
    """Found and rejected alike; what a spreadsheet would run as a formula is text."""
    imported([2, 4, 5])

    rows, _, headers = table(backend)

    assert [("2", "found"), ("3", "rejected"), ("4", "found"), ("5", "found"), ("30", "rejected")] == [
        (row["line"], row["status"]) for row in rows
    ]
    assert "no title and no ISBN" == rows[1]["reason"]
    assert "'=Title 2" == rows[0]["my title"]
    assert "Link" not in headers


def test_a_table_too_long_for_one_answer_is_gone_on_with_by_its_link(backend: Backend) -> None:
    """The parts, one behind the other, are the whole table: one header, each row once."""
    imported([2, 4, 5, 31])

    first, text, headers = table(backend, limit="2")
    assert ["2", "3", "4"] == [row["line"] for row in first]
    assert f'</api/jobs/{JOB_ID}/results?cursor=1&limit=2>; rel="next"' == headers["Link"]
    _, more, last_headers = table(backend, limit="2", cursor="1")

    whole = list(csv.DictReader(io.StringIO(text + more)))
    assert ["2", "3", "4", "5", "30", "31"] == [row["line"] for row in whole]
    assert "Link" not in last_headers


@pytest.mark.parametrize("as_table", [False, True], ids=["JSON", "CSV"])
def test_a_page_stays_below_what_a_function_may_answer(backend: Backend, as_table: bool) -> None:
    """However long the reviews: a page ends where it would grow too large, and nothing is left out."""
    imported(list(range(40, 90)), review="w" * 100_000)
    lines: list[int] = []
    query: dict[str, str] = {}
    while True:
        if as_table:
            headers = {**event("http_get_results")["headers"], "accept": "text/csv"}
            given = event("http_get_results", headers=headers, queryStringParameters=query)
            answer = backend.invoke("jobs", given)
            text = answer["body"] if query else answer["body"].split("\r\n", 1)[1]
            lines += [int(row[0]) for row in csv.reader(io.StringIO(text)) if row[2] == "found"]
            link = answer["headers"].get("Link", "")
            more = link.partition("cursor=")[2].partition(">")[0]
        else:
            answer = backend.invoke("jobs", event("http_get_results", queryStringParameters=query))
            body = json.loads(answer["body"])
            lines += [item["line"] for item in body["items"]]
            more = body.get("nextCursor", "")
        assert len(json.dumps(answer)) < 6 * 1024 * 1024
        if not more:
            break
        query = {"cursor": more}

    assert list(range(40, 90)) == lines
