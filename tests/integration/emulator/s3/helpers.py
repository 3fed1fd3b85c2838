"""What the tests of S3 share: forms as boto3 presigns them, and answers as S3 gives them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree as ET

import httpx
from botocore.config import Config

from local_emulator.model import StoreResource
from local_emulator.services import client
from local_emulator.store.provision import provision

KEY = "uploads/owner/photo"
PHOTO = b"\xff\xd8\xff photo"
MAX_BYTES = 1000
PAGE = "http://localhost:3000"
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method."
)

Form = dict[str, str]


def signing(variables: Mapping[str, str], version: str) -> Any:
    """A client that signs in `s3v4` or `s3`, which is version 2."""
    return client(
        "s3", variables, config=Config(signature_version=version, retries={"total_max_attempts": 1})
    )


def declared(variables: Mapping[str, str], properties: dict[str, Any], name: str | None = None) -> str:
    """A bucket as a template declares it; its name."""
    name = name or f"bucket-{uuid.uuid4().hex[:8]}"
    resource = StoreResource(logical_id="Bucket", type="AWS::S3::Bucket", name=name, properties=properties)
    provision([resource], variables)
    return name


def presigned(
    s3: Any, bucket: str, more: Mapping[str, str] = MappingProxyType({}), *, key: str = KEY, expires: int = 60
) -> Form:
    """A form whose key, type and further fields are fixed, and whose size is bounded."""
    fields = {"Content-Type": "image/jpeg", **more}
    conditions: list[Any] = [{name: value} for name, value in fields.items()]
    conditions.append(["content-length-range", 2, MAX_BYTES])
    form = s3.generate_presigned_post(bucket, key, Fields=fields, Conditions=conditions, ExpiresIn=expires)
    return dict(form["fields"])


def address(s3: Any, path: str) -> str:
    """Of a bucket or an object in the store."""
    return f"{s3.meta.endpoint_url}/{path}"


def post(
    s3: Any, bucket: str, form: Form, content: bytes = PHOTO, name: str = "p.jpg", **headers: str
) -> httpx.Response:
    """Sends a form as a browser does, its file last."""
    file = {"file": (name, content, "image/jpeg")}
    return httpx.post(address(s3, bucket), data=form, files=file, headers=headers, timeout=60)


def stored(s3: Any, bucket: str) -> list[str]:
    """The keys in a bucket."""
    return [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and message of S3's refusal."""
    assert answer.headers["content-type"] == "application/xml"
    document = ET.fromstring(answer.content)
    assert document.tag == "Error"
    return answer.status_code, document.findtext("Code") or "", document.findtext("Message") or ""
