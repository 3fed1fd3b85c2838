"""The bucket of photos, on moto's S3 and on an HTTP endpoint that refuses as S3 does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import pytest

from books.settings import SettingsError
from books.uploads import MAX_UPLOAD_BYTES, NoSuchPhotoError, PhotoTooLargeError, Uploads, key_for
from tests.serialmoto import serial_moto

JOB_ID = "550e8400-e29b-41d4-a716-446655440000"
PHOTO = b"\xff\xd8\xff\xe0 a photo"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def uploads() -> Iterator[Uploads]:
    with serial_moto():
        client = boto3.client("s3")
        client.create_bucket(Bucket="photos")
        yield Uploads(client, "photos", clock=lambda: 1_800_000_000.0)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Uploads]:
    """A bucket whose reader may not list it: nothing that is asked for is there."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
            self.send_response(403)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 its name there
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Uploads(boto3.client("s3", endpoint_url=f"http://127.0.0.1:{server.server_port}"), "photos")
        server.shutdown()
        thread.join()


def test_what_was_stored_is_fetched_until_it_is_deleted(uploads: Uploads) -> None:
    """And deleting it again does no harm."""
    key = key_for("alice", JOB_ID, PHOTO)
    uploads.store(key, PHOTO)

    assert PHOTO == uploads.fetch(key)
    uploads.delete(key)
    uploads.delete(key)
    with pytest.raises(NoSuchPhotoError, match="upload it again"):
        uploads.fetch(key)


def test_no_more_is_fetched_than_a_form_lets_in(uploads: Uploads) -> None:
    """However it came there."""
    uploads.store("uploads/1", bytes(MAX_UPLOAD_BYTES))
    uploads.store("uploads/2", bytes(MAX_UPLOAD_BYTES + 1))

    assert MAX_UPLOAD_BYTES == len(uploads.fetch("uploads/1"))
    with pytest.raises(PhotoTooLargeError, match="20,971,521 bytes; at most 20,971,520"):
        uploads.fetch("uploads/2")


def test_what_is_not_there_is_a_403_to_those_who_may_not_list(refusing: Uploads) -> None:
    """S3 tells them no more; it is the same as a 404."""
    with pytest.raises(NoSuchPhotoError):
        refusing.fetch("uploads/1")
    with pytest.raises(NoSuchPhotoError):
        refusing.head("alice", key_for("alice", JOB_ID, PHOTO))


def test_a_form_expires_in_ten_minutes(uploads: Uploads) -> None:
    """Told as Unix time in milliseconds."""
    assert 1_800_000_600_000 == uploads.form("alice", "image/jpeg").expires_at


def test_a_photo_has_one_key_for_each_owner_and_job() -> None:
    """The same again, and another for all else: nothing is replaced."""
    other_job = "7b0f8b0e-2f43-4a57-9d70-0d7a3ef7a5a1"
    keys = [
        key_for("alice", JOB_ID, PHOTO),
        key_for("bob", JOB_ID, PHOTO),
        key_for("alice", other_job, PHOTO),
        key_for("alice", JOB_ID, PHOTO + b"!"),
    ]

    assert keys[0] == key_for("alice", JOB_ID, PHOTO)
    assert 4 == len(set(keys))


def test_a_missing_setting_is_named() -> None:
    """With what it is for."""
    with pytest.raises(SettingsError, match="UPLOAD_BUCKET is not set: it names the bucket of photos"):
        Uploads.from_env({}, client=boto3.client("s3"))
