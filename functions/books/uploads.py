"""The bucket of photos: forms to upload one, what lies under a key, and taking it away again.

A key is `uploads/<owner>/<uuid>`, the owner as a hash: whose a photo is can be told from its key, who that is cannot.
"""

from __future__ import annotations

import hashlib
import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from books.settings import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

VARIABLES = ("UPLOAD_BUCKET",)
"""What `from_env` looks at; docs/configuration.md lists it."""
MAX_UPLOAD_BYTES = 20 * 1024 * 1024
"""A 50-megapixel JPEG of a phone has about 15 MB."""
FORM_SECONDS = 600
CONTENT_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif")
_HEAD_BYTES = 32
_KEY = re.compile(r"uploads/([0-9a-f]{16})/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


class NoSuchPhotoError(LookupError):
    """Nothing is stored under the key, or nothing that the asker may see; the text does not tell which."""

    def __init__(self) -> None:
        super().__init__("There is no photo under this imageKey, or it is not yours: upload it again.")


class PhotoTooLargeError(ValueError):
    """What is stored is larger than a photo may be."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The photo has {size:,} bytes; at most {MAX_UPLOAD_BYTES:,} are taken.")


@dataclass(frozen=True)
class Form:
    """What a browser or an app posts as multipart/form-data, the fields first and the file last as `file`."""

    image_key: str
    url: str
    fields: Mapping[str, str]
    expires_at: int
    """Unix time in milliseconds."""


class Uploads:
    """The photos in one bucket."""

    def __init__(self, client: S3Client, bucket: str, *, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._bucket = bucket
        self._clock = clock

    @classmethod
    def from_env(cls, environment: Mapping[str, str], *, client: S3Client) -> Uploads:
        """The bucket that `UPLOAD_BUCKET` names.

        Raises:
            SettingsError: it names none.
        """
        bucket = environment.get("UPLOAD_BUCKET")
        if not bucket:
            raise SettingsError("UPLOAD_BUCKET is not set: it names the bucket of photos")
        return cls(client, bucket)

    def form(self, owner: str, content_type: str) -> Form:
        """A form that uploads one photo for that owner.

        Storage itself refuses another key or type, an empty or larger file, and whatever comes later:
        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
        """
        key = _key(owner, uuid.uuid4())
        expires_at = int((self._clock() + FORM_SECONDS) * 1000)
        post = self._client.generate_presigned_post(
            self._bucket,
            key,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, MAX_UPLOAD_BYTES]],
            ExpiresIn=FORM_SECONDS,
        )
        return Form(image_key=key, url=post["url"], fields=post["fields"], expires_at=expires_at)

    def store(self, key: str, body: bytes) -> None:
        """Stores a photo under a key of `key_for`."""
        self._client.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=body,
            ContentType=media_type(body) or "application/octet-stream",
        )

    def head(self, owner: str, key: str) -> bytes:
        """The first bytes of an owner's photo: enough for `media_type`, none where the photo is empty.

        Raises:
            NoSuchPhotoError: there is none, or it is somebody else's.
            PhotoTooLargeError: it is larger than the form allows.
        """
        if (match := _KEY.fullmatch(key)) is None or match[1] != _hash(owner):
            raise NoSuchPhotoError
        try:
            answer = self._get(key, Range=f"bytes=0-{_HEAD_BYTES - 1}")
        except ClientError as error:
            if error.response["Error"]["Code"] == "InvalidRange":
                return b""
            raise
        size = int(answer["ContentRange"].rpartition("/")[2])
        if size > MAX_UPLOAD_BYTES:
            raise PhotoTooLargeError(size)
        return answer["Body"].read()

    def fetch(self, key: str) -> bytes:
        """A photo, never more of it than may be stored.

        Raises:
            NoSuchPhotoError: there is none.
            PhotoTooLargeError: it is larger than the form allows.
        """
        answer = self._get(key)
        with answer["Body"] as body:
            if answer["ContentLength"] > MAX_UPLOAD_BYTES:
                raise PhotoTooLargeError(answer["ContentLength"])
            return body.read()

    def delete(self, key: str) -> None:
        """Takes a photo away; nothing happens where there is none."""
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def _get(self, key: str, **options: Any) -> GetObjectOutputTypeDef:
        try:
            return self._client.get_object(Bucket=self._bucket, Key=key, **options)
        except ClientError as error:
            # Without the right to list a bucket, which nothing here needs, what is not there is a 403:
            # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
            if error.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied"):
                raise NoSuchPhotoError from error
            raise


def key_for(owner: str, job_id: str, body: bytes) -> str:
    """Where a photo that came with a job's start belongs: the same photo at the same key, another one at another, so
    that no start replaces what a job is to read."""
    return _key(owner, uuid.uuid5(uuid.UUID(job_id), hashlib.sha256(body).hexdigest()))


def media_type(data: bytes) -> str | None:
    """What kind of picture the first bytes of a file say it is, or None where it is none that can be read."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return "image/heic"
    return None


def _key(owner: str, name: uuid.UUID) -> str:
    return f"uploads/{_hash(owner)}/{name}"


def _hash(owner: str) -> str:
    return hashlib.sha256(owner.encode()).hexdigest()[:16]
