"""scan_bookshelf, driven by its fixtures in events/: photos in the body, photos in the bucket, forms to get there."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from books.uploads import MAX_UPLOAD_BYTES
from progress import aws, wiring
from progress.job import Job
from tests.integration.handlers.conftest import BUCKET, JOB_ID, Backend, Event, event

PHOTO = (Path(__file__).parents[2] / "data/photos/lk_spines.jpg").read_bytes()
OTHER_ID = "7b0f8b0e-2f43-4a57-9d70-0d7a3ef7a5a1"
NOBODY = hashlib.sha256(b"").hexdigest()[:16]
ALICE = hashlib.sha256(b"alice").hexdigest()[:16]
PICTURES = {
    "jpeg": PHOTO,
    "png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "webp": b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(100),
    "heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100),
}
NO_PICTURES = {
    "pdf": b"%PDF-1.7\n" + bytes(100),
    "zip": b"PK\x03\x04" + bytes(100),
    "gif": b"GIF89a" + bytes(100),
    "mp4": b"\x00\x00\x00\x18ftypisom" + bytes(100),
    "one byte": b"\xff",
    "html": b"<html></html>",
}

Answer = tuple[int, dict[str, Any], dict[str, str]]


def as_alice(given: Event) -> Event:
    given["requestContext"]["authorizer"] = {"jwt": {"claims": {"sub": "alice"}}}
    return given


def scan(
    backend: Backend, body: bytes, *, content_type: str | None = "image/jpeg", job_id: str | None = JOB_ID
) -> Answer:
    """A photo in the body, as API Gateway hands it on."""
    given = event("http_scan_bookshelf")
    given["headers"] = {**given["headers"], "content-type": content_type}
    if content_type is None:
        del given["headers"]["content-type"]
    return backend.request(
        "scan_bookshelf",
        "http_scan_bookshelf",
        body=base64.b64encode(body).decode(),
        headers=given["headers"],
        queryStringParameters={"jobId": job_id} if job_id else None,
    )


def scan_key(backend: Backend, key: object, **more: Any) -> Answer:
    body = json.dumps({"jobId": JOB_ID, "imageKey": key, **more})
    return backend.request("scan_bookshelf", "http_scan_bookshelf_key", body=body)


def upload(backend: Backend, body: bytes = PHOTO, *, owner: str = NOBODY) -> str:
    """A photo that lies in the bucket already."""
    key = f"uploads/{owner}/{uuid.uuid4()}"
    backend.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    return key


def stored(backend: Backend) -> dict[str, bytes]:
    keys = [each["Key"] for each in backend.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    return {key: backend.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def job(job_id: str = JOB_ID) -> Job:
    found = wiring.jobs().get(job_id)
    assert found is not None
    return found


def test_the_fixture_starts_a_scan_of_its_photo(backend: Backend) -> None:
    """The photo is in the bucket before the job is there; the job stands for spines that are not known yet."""
    status, body, headers = backend.request("scan_bookshelf", "http_scan_bookshelf")

    assert (202, {"jobId": JOB_ID, "status": "waiting", "totalItems": 1}) == (status, body)
    assert f"/api/jobs/{JOB_ID}" == headers["Location"]
    assert ("scan", True) == (job().kind, job().unfolds)
    ((key, photo),) = stored(backend).items()
    assert [{"workId": "photo", "imageKey": key}] == list(wiring.jobs().remaining(job(), 0).values())
    assert key.startswith(f"uploads/{NOBODY}/")
    assert base64.b64decode(event("http_scan_bookshelf")["body"]) == photo


def test_a_scan_makes_a_job_id_where_the_client_has_none(backend: Backend) -> None:
    """Each such scan is a job of its own."""
    ids = {scan(backend, PHOTO, job_id=None)[1]["jobId"] for _ in range(2)}

    assert 2 == len(ids)


@pytest.mark.parametrize("kind", PICTURES)
def test_what_a_photo_is_stands_in_its_bytes(backend: Backend, kind: str) -> None:
    """All of them are called image/jpeg here."""
    assert 202 == scan(backend, PICTURES[kind])[0]


@pytest.mark.parametrize("content_type", ["image/heic", "image/x-unknown", "application/octet-stream", None])
def test_a_photo_may_be_called_anything_that_it_could_be(backend: Backend, content_type: str | None) -> None:
    """Clients seldom know better."""
    assert 202 == scan(backend, PHOTO, content_type=content_type)[0]


@pytest.mark.parametrize("kind", NO_PICTURES)
def test_a_body_that_is_no_photo_is_refused(backend: Backend, kind: str) -> None:
    """Though it is called image/jpeg; nothing is stored, no job is made."""
    status, problem, headers = scan(backend, NO_PICTURES[kind])

    assert (415, "urn:progress:problem:unsupported-media-type") == (status, problem["type"])
    assert "application/problem+json" == headers["Content-Type"]
    assert "JPEG, PNG, WebP or HEIC" in problem["detail"]
    assert {} == stored(backend)
    assert wiring.jobs().get(JOB_ID) is None


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/plain"]
)
def test_a_body_that_is_said_to_be_no_photo_is_refused(backend: Backend, content_type: str) -> None:
    """The answer says how to send one."""
    status, problem, _ = scan(backend, PHOTO, content_type=content_type)

    assert 415 == status
    assert "Content-Type: application/octet-stream" in problem["detail"]


def test_an_empty_body_is_refused(backend: Backend) -> None:
    """400: there is nothing to look at."""
    assert 400 == scan(backend, b"")[0]


def test_a_photo_beyond_the_bound_is_sent_to_the_uploads(backend: Backend) -> None:
    """Up to 4,500,000 bytes go through API Gateway and Lambda; the answer names the other way."""
    assert 202 == scan(backend, PHOTO + bytes(4_500_000 - len(PHOTO)))[0]
    status, problem, _ = scan(backend, PHOTO + bytes(4_500_001 - len(PHOTO)), job_id=OTHER_ID)

    assert (413, "urn:progress:problem:too-large") == (status, problem["type"])
    assert "POST /api/uploads" in problem["detail"]


def test_the_largest_body_fits_into_lambdas_event(backend: Backend) -> None:
    """6 MB for the event, in which the photo is base64."""
    largest = {**event("http_scan_bookshelf"), "body": base64.b64encode(bytes(4_500_000)).decode()}

    assert len(json.dumps(largest)) < 6 * 1024 * 1024


def test_the_same_scan_again_answers_the_same_and_stores_once(backend: Backend) -> None:
    """A client that got no answer asks again."""
    first, second = scan(backend, PHOTO), scan(backend, PHOTO)

    assert 202 == first[0]
    assert first == second
    assert 1 == len(stored(backend))


def test_another_photo_under_the_same_job_is_a_conflict_and_replaces_nothing(backend: Backend) -> None:
    """The first photo is what the job reads."""
    scan(backend, PHOTO)
    status, problem, _ = scan(backend, PICTURES["png"])

    assert (409, "urn:progress:problem:conflict") == (status, problem["type"])
    assert [PHOTO] == list(stored(backend).values())


def test_a_start_that_died_half_way_leaves_nothing_that_another_would_read(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its photo was stored, its job never made: the id is free, and the next photo under it is the one to be read."""
    with monkeypatch.context() as patch:
        patch.setenv("WATCH_QUEUE_URL", f"{backend.urls['watch']}-gone")
        wiring.settings.cache_clear()
        wiring.queues.cache_clear()
        assert 500 == scan(backend, PHOTO)[0]
    wiring.settings.cache_clear()
    wiring.queues.cache_clear()

    assert 202 == scan(backend, PICTURES["png"])[0]
    (item,) = wiring.jobs().remaining(job(), 0).values()
    assert PICTURES["png"] == stored(backend)[item["imageKey"]]


@pytest.mark.parametrize("kind", PICTURES)
def test_an_uploaded_photo_is_scanned_by_its_key(backend: Backend, kind: str) -> None:
    """Nothing is stored again."""
    key = upload(backend, PICTURES[kind])

    status, body, headers = scan_key(backend, key)

    assert (202, {"jobId": JOB_ID, "status": "waiting", "totalItems": 1}) == (status, body)
    assert f"/api/jobs/{JOB_ID}" == headers["Location"]
    assert [{"workId": "photo", "imageKey": key}] == list(wiring.jobs().remaining(job(), 0).values())
    assert [key] == list(stored(backend))


def test_the_key_in_the_fixture_is_scanned_once_it_is_there(backend: Backend) -> None:
    """Before that there is nothing under it."""
    key = json.loads(event("http_scan_bookshelf_key")["body"])["imageKey"]

    assert 404 == backend.request("scan_bookshelf", "http_scan_bookshelf_key")[0]
    backend.s3.put_object(Bucket=BUCKET, Key=key, Body=PHOTO)
    assert 202 == backend.request("scan_bookshelf", "http_scan_bookshelf_key")[0]


def test_the_same_scan_by_key_again_answers_the_same_though_the_photo_is_gone(backend: Backend) -> None:
    """A job that has read its photo throws it away."""
    key = upload(backend)
    first = scan_key(backend, key)
    backend.s3.delete_object(Bucket=BUCKET, Key=key)

    assert first == scan_key(backend, key)


def test_keys_of_others_malformed_keys_and_keys_of_nothing_look_the_same(backend: Backend) -> None:
    """Nothing tells that somebody has a photo there."""
    own = upload(backend)
    name = own.rpartition("/")[2]
    backend.s3.put_object(Bucket=BUCKET, Key="secrets.txt", Body=PHOTO)
    keys = [
        upload(backend, owner=ALICE),
        f"uploads/{NOBODY}/{OTHER_ID}",
        "secrets.txt",
        "",
        "uploads/",
        f"{own}/",
        f" {own}",
        f"{own}\n",
        f"uploads/{NOBODY}/../{ALICE}/{name}",
        f"uploads/{NOBODY.upper()}/{name}",
        f"uploads/{NOBODY}/{name.upper()}",
        f"s3://{BUCKET}/{own}",
        "\u0000",
    ]

    answers = [scan_key(backend, key) for key in keys]

    assert [404] * len(keys) == [status for status, _, _ in answers]
    assert 1 == len({json.dumps(problem) for _, problem, _ in answers})
    assert wiring.jobs().get(JOB_ID) is None


def test_an_owner_scans_what_the_owner_uploaded(backend: Backend) -> None:
    """The key has the owner in it, but not by name."""
    form = backend.invoke("scan_bookshelf", as_alice(event("http_create_upload")))
    key = json.loads(form["body"])["imageKey"]
    backend.s3.put_object(Bucket=BUCKET, Key=key, Body=PHOTO)
    body = json.dumps({"jobId": JOB_ID, "imageKey": key})

    nobody = scan_key(backend, key)
    alice = backend.invoke("scan_bookshelf", as_alice(event("http_scan_bookshelf_key", body=body)))

    assert key.startswith(f"uploads/{ALICE}/")
    assert (404, 202) == (nobody[0], alice["statusCode"])


@pytest.mark.parametrize(
    ("content", "status"), [(NO_PICTURES["pdf"], 415), (b"", 400), (PHOTO + bytes(MAX_UPLOAD_BYTES), 413)]
)
def test_a_stored_file_that_is_no_photo_is_refused(backend: Backend, content: bytes, status: int) -> None:
    """Its first bytes and its size are looked at before a job is made."""
    assert status == scan_key(backend, upload(backend, content))[0]
    assert wiring.jobs().get(JOB_ID) is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ("null", 422),
        ("[]", 422),
        ("{}", 422),
        ('{"imageKey": 7}', 422),
        ('{"imageKey": "' + "x" * 1_001 + '"}', 422),
        ('{"imageKey": "uploads/x", "jobId": "test"}', 400),
        ('{"imageKey": "uploads/x", "jobId": ""}', 400),
        ('{"imageKey": "uploads/x", "jobId": 7}', 422),
        ("[" * 50_000, 422),
        ('{"imageKey":"\\ud800"}', 400),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_json_is_answered_with_a_problem(backend: Backend, body: str, status: int) -> None:
    """The answer says what is wrong, and has no trace of our insides."""
    got, problem, headers = backend.request("scan_bookshelf", "http_scan_bookshelf_key", body=body)

    assert (status, status) == (got, problem["status"])
    assert "application/problem+json" == headers["Content-Type"]
    assert problem["detail"]
    assert "Traceback" not in json.dumps(problem)


def test_a_job_id_that_is_none_is_refused(backend: Backend) -> None:
    """In the query as in the body."""
    assert 400 == scan(backend, PHOTO, job_id="test")[0]
    assert {} == stored(backend)


def test_the_fixture_gets_a_form_for_one_photo(backend: Backend) -> None:
    """One key, one type, one to 20 MiB, ten minutes: the policy that is signed says no more."""
    status, body, _ = backend.request("scan_bookshelf", "http_create_upload")

    assert 201 == status
    assert MAX_UPLOAD_BYTES == body["maxBytes"]
    fields = body["upload"]["fields"]
    assert (body["imageKey"], "image/jpeg") == (fields["key"], fields["Content-Type"])
    policy = json.loads(base64.b64decode(fields["policy"]))
    assert [
        {"Content-Type": "image/jpeg"},
        ["content-length-range", 1, 20 * 1024 * 1024],
        {"bucket": BUCKET},
        {"key": body["imageKey"]},
    ] == policy["conditions"][:4]
    assert {"x-amz-algorithm", "x-amz-credential", "x-amz-date"} == {
        name for each in policy["conditions"][4:] for name in each
    }


def test_each_form_has_a_key_of_its_own_that_can_be_scanned(backend: Backend) -> None:
    """Nobody can be made to overwrite a photo."""
    keys = [backend.request("scan_bookshelf", "http_create_upload")[1]["imageKey"] for _ in range(2)]
    backend.s3.put_object(Bucket=BUCKET, Key=keys[0], Body=PHOTO)

    assert keys[0] != keys[1]
    assert 202 == scan_key(backend, keys[0])[0]


@pytest.mark.parametrize(
    ("region", "endpoint", "url"),
    [
        ("eu-west-1", None, "https://photos.s3.eu-west-1.amazonaws.com/"),
        ("us-east-1", None, "https://photos.s3.amazonaws.com/"),
        ("eu-west-1", "http://127.0.0.1:4566", "http://127.0.0.1:4566/photos"),
    ],
    ids=["a region", "the first region", "a local endpoint"],
)
def test_a_form_is_posted_to_where_the_bucket_is(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, region: str, endpoint: str | None, url: str
) -> None:
    """On AWS the bucket's own host in its region, which redirects nobody; locally a path, for there is no such host."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
    aws.s3.cache_clear()

    _, body, _ = backend.request("scan_bookshelf", "http_create_upload")

    assert url == body["upload"]["url"]


@pytest.mark.parametrize(
    "content_type", ["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", "IMAGE/JPEG"]
)
def test_a_form_takes_the_type_that_was_asked_for(backend: Backend, content_type: str) -> None:
    """Any that may be readable."""
    body = json.dumps({"contentType": content_type})
    status, form, _ = backend.request("scan_bookshelf", "http_create_upload", body=body)

    assert (201, content_type.lower()) == (status, form["upload"]["fields"]["Content-Type"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"contentType": "image/gif"}, 415),
        ({"contentType": "application/pdf"}, 415),
        ({"contentType": ""}, 415),
        ({"contentType": "image/jpeg", "size": MAX_UPLOAD_BYTES}, 201),
        ({"contentType": "image/jpeg", "size": MAX_UPLOAD_BYTES + 1}, 413),
        ({"contentType": "image/jpeg", "size": 9_183_211.0}, 201),
        ({"contentType": "image/jpeg", "size": 0}, 422),
        ({"contentType": "image/jpeg", "size": 0.5}, 422),
        ({"contentType": "image/jpeg", "size": "large"}, 422),
        ({"contentType": None}, 422),
        ({}, 422),
        ([], 422),
    ],
)
def test_no_form_is_given_for_what_would_be_refused(
    backend: Backend, body: dict[str, Any], status: int
) -> None:
    """The client hears it before it uploads anything."""
    got, answer, _ = backend.request("scan_bookshelf", "http_create_upload", body=json.dumps(body))

    assert status == got
    assert status == 201 or answer["detail"]
