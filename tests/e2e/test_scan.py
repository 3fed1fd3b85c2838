"""A shelf from its photo to its books, through the running system: watched, by either way in, whatever the file."""

from __future__ import annotations

import json
import struct
import uuid
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import System, frames_until_the_end, new_id

PHOTOS = Path(__file__).parents[1] / "data/photos"
SHELF = PHOTOS / "cj_example.jpg"
SCAN = "/api/bookshelf/scan"
ANY = {"content-type": "application/octet-stream"}

pytestmark = pytest.mark.timeout(240)


def scan(system: System, photo: bytes, job_id: str) -> httpx.Response:
    return system.http.post(
        SCAN, params={"jobId": job_id}, content=photo, headers={"content-type": "image/jpeg"}
    )


def upload(system: System, photo: bytes, content_type: str = "image/jpeg") -> tuple[str, httpx.Response]:
    """The key, and the storage's answer to the form."""
    answer = system.http.post("/api/uploads", json={"contentType": "image/jpeg"})
    assert 201 == answer.status_code, answer.text
    form = answer.json()
    fields = {**form["upload"]["fields"], "Content-Type": content_type}
    posted = httpx.post(
        form["upload"]["url"], data=fields, files={"file": photo}, trust_env=False, timeout=60
    )
    return form["imageKey"], posted


def png_of(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and has next to nothing in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_a_scan_is_watched_stage_by_stage(system: System) -> None:
    """The photo is read, its spines are found, each is identified; numbers grow, and one frame ends it."""
    job_id = new_id()
    with system.listen(job_id) as socket:
        assert (202, 1) == (
            (answer := scan(system, SHELF.read_bytes(), job_id)).status_code,
            answer.json()["totalItems"],
        )
        frames = frames_until_the_end(socket, seconds=200)

    texts = [frame["data"]["currentStatus"] for frame in frames]
    total = frames[-1]["data"]["totalItems"]
    assert "complete" == frames[-1]["type"]
    assert total > 5
    assert {"Reading the photo", f"Found {total} spines"} <= set(texts)
    numbers = [frame["seq"] for frame in frames]
    assert sorted(set(numbers)) == numbers
    done = [frame["data"]["processedItems"] for frame in frames]
    assert sorted(done) == done
    assert total == done[-1]
    results: dict[str, Any] = system.http.get(f"/api/jobs/{job_id}/results").json()
    assert "Cat on a Hot Tin Roof" in [book["title"] for book in results["books"]]


def test_an_uploaded_photo_is_scanned_by_its_key_and_then_gone(system: System) -> None:
    """The form goes to the storage, the key to the API; the same start again runs once, though the photo is gone."""
    key, posted = upload(system, (PHOTOS / "lk_spines.jpg").read_bytes())
    assert 204 == posted.status_code, posted.text
    body = {"jobId": new_id(), "imageKey": key}

    first = system.http.post(SCAN, json=body)
    ended = system.wait(body["jobId"], seconds=200)
    again = system.http.post(SCAN, json=body)

    assert (202, "completed") == (first.status_code, ended["status"])
    assert (202, first.json()) == (again.status_code, again.json())
    bucket = system.stack.emulator["outputs"]["UploadBucketName"]
    listed = system.client("s3").list_objects_v2(Bucket=bucket)
    assert key not in [each["Key"] for each in listed.get("Contents", [])]


def test_the_storage_refuses_what_the_form_does_not_allow(system: System) -> None:
    """Another type, and a file beyond 20 MiB: nothing is stored, so nothing can be scanned."""
    wrong_type, answer = upload(system, b"%PDF-1.7", content_type="application/pdf")
    assert 403 == answer.status_code, answer.text
    too_large, answer = upload(system, b"\xff\xd8\xff" + b"\0" * (21 * 1024 * 1024))
    assert 400 == answer.status_code, answer.text
    assert "EntityTooLarge" in answer.text

    for key in (wrong_type, too_large):
        assert 404 == system.http.post(SCAN, json={"imageKey": key}).status_code


def test_a_key_of_somebody_else_looks_like_one_that_is_not_there(system: System) -> None:
    """Whose a photo is stands in its key; the answers do not differ."""
    bucket = system.stack.emulator["outputs"]["UploadBucketName"]
    foreign = f"uploads/0123456789abcdef/{uuid.uuid4()}"
    system.client("s3").put_object(Bucket=bucket, Key=foreign, Body=SHELF.read_bytes())
    absent = f"uploads/e3b0c44298fc1c14/{uuid.uuid4()}"

    answers = [system.http.post(SCAN, json={"imageKey": key}) for key in (foreign, absent, "../secrets")]

    assert [404] * 3 == [answer.status_code for answer in answers]
    assert 1 == len({answer.text for answer in answers})


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"%PDF-1.7 renamed to .jpg", 415),
        (b"hello", 415),
        (b"\xff\xd8\xff" + b"\0" * 4_500_000, 413),
        (b"\xff\xd8\xff" + b"\0" * (30 * 1024 * 1024), 413),
    ],
    ids=["empty", "a PDF", "a text", "beyond what a request takes", "30 MB"],
)
def test_a_file_that_is_no_photo_or_too_large_is_refused_at_once(
    system: System, content: bytes, status: int
) -> None:
    """By us, or by the gateway before us; 30 MB are not even given a form."""
    answer = system.http.post(SCAN, content=content, headers=ANY)
    assert status == answer.status_code, answer.text
    if len(content) > 20 * 1024 * 1024:
        asked = system.http.post("/api/uploads", json={"contentType": "image/jpeg", "size": len(content)})
        assert 413 == asked.status_code


@pytest.mark.parametrize(
    ("photo", "reason"),
    [
        (png_of(50_000, 50_000), "64 million in all can be read: make it smaller"),
        (SHELF.read_bytes()[:30_000], "damaged or cut off"),
        (png_of(20, 20), "no spine can be read"),
    ],
    ids=["2.5 gigapixels", "a truncated JPEG", "a tiny picture"],
)
def test_what_only_decoding_can_tell_fails_the_job_with_a_clear_error(
    system: System, photo: bytes, reason: str
) -> None:
    """The app of the first protocol sees it as `data.error`; nothing is decoded that is too large."""
    job_id = new_id()
    with system.listen(job_id) as socket:
        assert 202 == scan(system, photo, job_id).status_code
        frames = frames_until_the_end(socket, seconds=200)

    assert ["progress", "error"] == [frame["type"] for frame in frames][-2:]
    assert reason in frames[-2]["data"]["error"]


def test_a_picture_without_books_is_a_job_without_results(system: System) -> None:
    """Complete, and empty: no error."""
    job_id = new_id()
    plain = png_of(400, 300)
    pixels = zlib.compress((b"\0" + b"\x80\x90\xa0" * 400) * 300)
    start = plain.index(b"IDAT") - 4
    data = struct.pack(">I", len(pixels)) + b"IDAT" + pixels + struct.pack(">I", zlib.crc32(b"IDAT" + pixels))
    photo = plain[:start] + data + plain[plain.index(b"IEND") - 4 :]

    assert 202 == scan(system, photo, job_id).status_code
    ended = system.wait(job_id, seconds=200)

    assert ("completed", 0) == (ended["status"], ended["totalItems"])
    results = system.http.get(f"/api/jobs/{job_id}/results").json()
    assert ([], []) == (results["books"], results["suggestions"])
    assert json.dumps(results)
