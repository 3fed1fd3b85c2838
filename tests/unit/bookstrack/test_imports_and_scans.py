"""What the library sends for an import and for a scan, and what it makes of the answers; over real sockets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import bookstrack
from bookstrack import InputError, Job, ProblemError, RejectedRow, ScanJob, StorageError
from bookstrack.files import MAX_BODY_BYTES
from tests.unit.bookstrack.played import JOB_ID, Answer, Played, complete, gives, playing, record, started
from tests.waiting import until

IMPORT, SCAN, UPLOADS = "POST /api/csv/import", "POST /api/bookshelf/scan", "POST /api/uploads"
RESULTS = f"GET /api/jobs/{JOB_ID}/results"
JPEG = b"\xff\xd8\xff\xe0 a photo"
LARGE = JPEG + bytes(MAX_BODY_BYTES)
REJECTED = [{"line": 4, "reason": "no title and no ISBN"}]
BOX = {"x1": 0.1, "y1": 0.2, "x2": 0.3, "y2": 0.4}


@pytest.fixture
async def server() -> AsyncIterator[Played]:
    async with playing() as played:
        played.frames = [complete()]
        yield played


def offers_a_form(server: Played, stored: Answer) -> None:
    """The server signs a form for its own storage."""
    form = {"url": f"{server.url}/bucket", "fields": {"key": "uploads/1", "Content-Type": "image/jpeg"}}
    server.answers[UPLOADS] = gives({"imageKey": "uploads/1", "upload": form}, status=201)
    server.answers["POST /bucket"] = stored


async def test_a_file_is_sent_once_somebody_listens(server: Played) -> None:
    """As it is, under an id of the client's own."""
    server.answers[IMPORT] = started()
    csv = "title\nÉmile\n".encode()

    async with bookstrack.connect(server.url) as client:
        job = await client.import_csv(csv, job_id=JOB_ID)
        [update async for update in job]

    asked = server.what()
    assert 0 == asked.index("socket opened") < asked.index("ready") < asked.index(IMPORT)
    assert (csv, {"jobId": job.job_id}) == (server.the(IMPORT).body, server.the(IMPORT).query)


@pytest.mark.parametrize(
    ("csv", "content_type"),
    [
        ("title\nÉmile\n".encode(), "text/csv"),
        ("\ufefftitle\nx\n".encode(), "text/csv"),
        ("title\nÉmile\n".encode("cp1252"), "application/octet-stream"),
        ("title\nÉmile\n".encode("utf-16"), "application/octet-stream"),
    ],
)
async def test_only_utf8_is_called_text(server: Played, csv: bytes, content_type: str) -> None:
    """Whatever else calls itself text, the gateway would break."""
    server.answers[IMPORT] = started()

    async with bookstrack.connect(server.url) as client:
        await client.import_csv(csv)

    assert (content_type, csv) == (server.the(IMPORT).content_type, server.the(IMPORT).body)


async def test_rejected_rows_are_in_the_answer_and_in_the_result(server: Played) -> None:
    """With what the file says of the others."""
    own = {"rating": 4.5, "shelves": ["to-read"]}
    found = {
        "index": 0,
        "workId": "line-2",
        "status": "found",
        "metadata": {"title": "Emma"},
        "line": 2,
        "own": own,
    }
    lost = {"index": 1, "workId": "line-3", "status": "failed", "error": "no answer", "line": 3}
    server.frames = [complete(2)]
    server.answers[IMPORT] = started(2, rejectedRows=REJECTED)
    server.answers[RESULTS] = [
        gives({"items": [found], "rejectedRows": REJECTED, "nextCursor": "0"}),
        gives({"items": [lost]}),
    ]

    async with bookstrack.connect(server.url) as client:
        job = await client.import_csv(b"title\nEmma\nx\n,\n", job_id=JOB_ID)
        result = await job.result()

    rejected = (RejectedRow(line=4, reason="no title and no ISBN"),)
    assert (rejected, rejected) == (job.started.rejected, result.rejected)
    assert [(2, own, None), (3, None, "no answer")] == [(i.line, i.own, i.reason) for i in result.items]
    assert (1, 0, 1) == (result.found, result.not_found, result.failed)


async def test_a_refusal_keeps_what_the_server_says_besides(server: Played) -> None:
    """And nobody listens any longer."""
    problem = {
        "type": "urn:x",
        "title": "Invalid",
        "status": 422,
        "detail": "None can be used.",
        "rejectedRows": REJECTED,
    }
    server.answers[IMPORT] = gives(problem, status=422)

    async with bookstrack.connect(server.url) as client:
        with pytest.raises(ProblemError, match="None can be used") as refused:
            await client.import_csv(b"title\n,\n")

        await until(lambda: "unsubscribe" in server.what())
    assert ["socket opened", "ready", IMPORT, "unsubscribe"] == server.what()[:4]
    assert (422, {"rejectedRows": REJECTED}) == (refused.value.status, refused.value.extra)


async def test_a_start_that_may_have_been_lost_is_repeated_under_the_same_id(server: Played) -> None:
    """So that nothing is imported twice."""
    server.answers[IMPORT] = [gives({}, status=503), started()]

    async with bookstrack.connect(server.url) as client:
        job = await client.import_csv(b"title\nEmma\n")

    repeated = [asked for asked in server.asked if asked.what == IMPORT]
    assert 2 * [{"jobId": job.job_id}] == [asked.query for asked in repeated]
    assert repeated[0] == repeated[1]


async def test_a_table_comes_whole_though_the_server_gives_it_in_pages(server: Played) -> None:
    """The Link header (RFC 8288) leads from one to the next."""
    link = f'</api/jobs/{JOB_ID}/results?cursor=7>; rel="next"'

    def page(asked: Any) -> web.Response:
        last = asked.query.get("cursor") == "7"
        text, headers = ("2,b\r\n", {}) if last else ("line,title\r\n1,a\r\n", {"Link": link})
        return web.Response(text=text, content_type="text/csv", headers=headers)

    server.answers[IMPORT] = started()
    server.answers[RESULTS] = page

    async with bookstrack.connect(server.url) as client:
        job = await client.import_csv(b"title\na\nb\n", job_id=JOB_ID)

        assert b"line,title\r\n1,a\r\n2,b\r\n" == await job.csv()
    assert {"text/csv"} == {asked.accept for asked in server.asked if asked.what == RESULTS}


@pytest.mark.parametrize(
    ("first_bytes", "content_type"),
    [
        (JPEG, "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "image/heif"),
        (b"%PDF-1.4", "application/octet-stream"),
    ],
)
async def test_a_small_photo_is_the_body_its_type_told_from_its_bytes(
    server: Played, first_bytes: bytes, content_type: str
) -> None:
    """What is none of these, the server judges."""
    server.answers[SCAN] = started()

    async with bookstrack.connect(server.url) as client:
        await client.scan(first_bytes)

    assert (content_type, first_bytes) == (server.the(SCAN).content_type, server.the(SCAN).body)


async def test_a_large_photo_goes_to_the_storage_and_its_key_to_the_server(
    server: Played, tmp_path: Path
) -> None:
    """One byte more than a body takes; the form's fields stand before the file, as S3 wants."""
    photo = tmp_path / "shelf.jpg"
    photo.write_bytes(LARGE[: MAX_BODY_BYTES + 1])
    offers_a_form(server, lambda _: web.Response(status=204))
    server.answers[SCAN] = started()

    async with bookstrack.connect(server.url) as client:
        job = await client.scan(photo)

    parts = form_parts(server.the("POST /bucket").content_type, server.the("POST /bucket").body)
    assert {"contentType": "image/jpeg", "size": MAX_BODY_BYTES + 1} == json.loads(server.the(UPLOADS).body)
    assert ["key", "Content-Type", "file"] == [name for name, _ in parts]
    assert photo.read_bytes() == parts[-1][1]
    assert {"jobId": job.job_id, "imageKey": "uploads/1"} == json.loads(server.the(SCAN).body)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (
            403,
            "<Error><Code>AccessDenied</Code><Message>Policy &quot;expired&quot;.</Message></Error>",
            '"expired"',
        ),
        (400, "<Error><Message>Your proposed upload exceeds the maximum</Message></Error>", "exceeds"),
        (500, "", "HTTP status 500"),
    ],
)
async def test_a_storage_that_refuses_is_quoted(server: Played, status: int, body: str, words: str) -> None:
    """And no scan is started."""
    offers_a_form(server, lambda _: web.Response(status=status, text=body, content_type="application/xml"))

    async with bookstrack.connect(server.url) as client:
        with pytest.raises(StorageError, match=words):
            await client.scan(LARGE)

    assert [UPLOADS, "POST /bucket"] == server.what()


async def test_a_scan_gives_books_and_suggestions(server: Played) -> None:
    """From left to right, as the server has them."""
    emma = {"title": "Emma", "authors": ["Jane Austen"]}
    book = {
        "spine": 0,
        "title": "Emma",
        "text": "EMMA",
        "box": BOX,
        "confidence": 0.9,
        "authorConfirmed": True,
    }
    open_ = {"spine": 1, "text": "EM", "box": BOX, "candidates": [{"metadata": emma, "score": 0.5}]}
    server.answers[SCAN] = started()
    server.answers[RESULTS] = gives({"books": [{**book, "metadata": emma}], "suggestions": [open_]})

    async with bookstrack.connect(server.url) as client:
        result = await (await client.scan(JPEG, job_id=JOB_ID)).result()

    (found,), (suggested,) = result.books, result.suggestions
    box = bookstrack.Box(x1=0.1, y1=0.2, x2=0.3, y2=0.4)
    assert ("Emma", 0.9, True, "EMMA", box) == (
        found.title,
        found.confidence,
        found.author_confirmed,
        found.text,
        found.box,
    )
    assert (bookstrack.Candidate(title="Emma", metadata=emma, score=0.5),) == suggested.candidates


@pytest.mark.parametrize(("kind", "job_type"), [("enrichment", Job), ("import", Job), ("scan", ScanJob)])
async def test_the_record_tells_what_kind_of_job_is_watched(
    server: Played, kind: str, job_type: type[Job | ScanJob]
) -> None:
    """And so which results it will have."""
    server.answers[f"GET /api/jobs/{JOB_ID}"] = gives(record(kind))
    server.answers[RESULTS] = gives({"items": [], "books": [], "suggestions": []})

    async with bookstrack.connect(server.url) as client:
        job = await client.watch(JOB_ID)
        result = await job.result()

    assert (job_type, kind, "completed") == (type(job), job.started.kind, result.status)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "shelf.jpg cannot be read: No such file"),
        (b"", "shelf.jpg is empty"),
        (JPEG + bytes(20 * 1024 * 1024), "shelf.jpg has more than 20 MB"),
        (bytes(MAX_BODY_BYTES + 1), "this is no photo"),
    ],
)
async def test_a_photo_that_cannot_be_sent_is_told_before_anything_is_sent(
    server: Played, tmp_path: Path, content: bytes | None, words: str
) -> None:
    """With the file's name."""
    photo = tmp_path / "shelf.jpg"
    if content is not None:
        photo.write_bytes(content)

    async with bookstrack.connect(server.url) as client:
        with pytest.raises(InputError, match=words):
            await client.scan(photo)

    assert [] == server.asked


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the input is empty"),
        (bytes(5 * 1024 * 1024 + 1), "more than 5 MB: send it in parts"),
        (b"title\n" + b"\xe9" * MAX_BODY_BYTES, "not UTF-8 text.*save it as UTF-8"),
    ],
)
async def test_a_csv_that_cannot_be_sent_is_told_before_anything_is_sent(
    server: Played, content: bytes, words: str
) -> None:
    """With what to do."""
    async with bookstrack.connect(server.url) as client:
        with pytest.raises(InputError, match=words):
            await client.import_csv(content)

    assert [] == server.asked


async def test_a_job_id_that_is_none_is_told_before_anything_is_sent(server: Played) -> None:
    """With one that would do."""
    async with bookstrack.connect(server.url) as client:
        with pytest.raises(InputError, match="'mine' is no job id: a UUID is wanted"):
            await client.enrich(["OL1W"], job_id="mine")

    assert [] == server.asked


async def test_an_encoding_that_is_none_is_told(server: Played) -> None:
    """With those that there are."""
    with pytest.raises(InputError, match="'morse' is no encoding: 'json' or 'compact' is wanted"):
        async with bookstrack.connect(server.url, encoding="morse"):
            pass


def form_parts(content_type: str, body: bytes) -> list[tuple[str, bytes]]:
    """Names and contents of a multipart form, read by the standard library."""
    message = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    parts: list[tuple[str, bytes]] = []
    for part in message.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            parts.append((str(part.get_param("name", header="content-disposition")), content))
    return parts
