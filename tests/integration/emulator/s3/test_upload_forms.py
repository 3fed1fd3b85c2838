"""Presigned upload forms that are good, and what S3 answers to them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import httpx
import pytest

from local_emulator.services import client
from tests.integration.emulator.s3.helpers import (
    KEY,
    MAX_BYTES,
    PAGE,
    PHOTO,
    address,
    post,
    presigned,
    signing,
    stored,
)


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned_form_stores_its_file(variables: Mapping[str, str], bucket: str, version: str) -> None:
    """204 with ETag and address, in both versions that boto3 signs forms in; the fields are the object's."""
    s3 = signing(variables, version)
    form = presigned(s3, bucket, {"x-amz-meta-Shelf": "kitchen", "Cache-Control": "no-store"})

    answer = post(s3, bucket, form)

    assert (204, b"") == (answer.status_code, answer.content)
    assert f'"{hashlib.md5(PHOTO).hexdigest()}"' == answer.headers["etag"]
    assert address(s3, f"{bucket}/uploads%2Fowner%2Fphoto") == answer.headers["location"]
    found = s3.get_object(Bucket=bucket, Key=KEY)
    assert PHOTO == found["Body"].read()
    assert ("image/jpeg", "no-store", {"shelf": "kitchen"}) == (
        found["ContentType"],
        found["CacheControl"],
        found["Metadata"],
    )


def test_status_201_is_answered_in_xml(s3: Any, bucket: str) -> None:
    """PostResponse; the key has the file's name in it."""
    form = presigned(s3, bucket, {"success_action_status": "201"}, key="a/${filename}")

    answer = post(s3, bucket, form, name="grüße & co.jpg")

    assert (201, "application/xml") == (answer.status_code, answer.headers["content-type"])
    document = ET.fromstring(answer.content)
    assert {
        "Location": answer.headers["location"],
        "Bucket": bucket,
        "Key": "a/grüße & co.jpg",
        "ETag": answer.headers["etag"],
    } == {element.tag: element.text for element in document}
    assert ["a/grüße & co.jpg"] == stored(s3, bucket)


@pytest.mark.parametrize(("wanted", "status"), [("200", 200), ("204", 204), ("302", 204)])
def test_other_status_comes_without_a_document(s3: Any, bucket: str, wanted: str, status: int) -> None:
    """200 and 204 as they are asked for; what is neither is 204."""
    answer = post(s3, bucket, presigned(s3, bucket, {"success_action_status": wanted}))

    assert (status, b"") == (answer.status_code, answer.content)


def test_redirect_leads_to_the_page_with_the_object(s3: Any, bucket: str) -> None:
    """303; bucket, key and etag come after what the URL has already."""
    answer = post(s3, bucket, presigned(s3, bucket, {"success_action_redirect": f"{PAGE}/done?job=1#top"}))

    assert 303 == answer.status_code
    goal = urlsplit(answer.headers["location"])
    assert (PAGE, "/done", "top") == (f"{goal.scheme}://{goal.netloc}", goal.path, goal.fragment)
    assert {
        "job": ["1"],
        "bucket": [bucket],
        "key": [KEY],
        "etag": [f'"{hashlib.md5(PHOTO).hexdigest()}"'],
    } == parse_qs(goal.query)


@pytest.mark.parametrize("url", ["/done", "javascript:alert(1)", "http://", f"{PAGE}/\r\nSet-Cookie: a=b"])
def test_redirect_that_leads_nowhere_is_passed_over(s3: Any, bucket: str, url: str) -> None:
    """S3 goes on as if there were none."""
    answer = post(s3, bucket, presigned(s3, bucket, {"success_action_redirect": url}))

    assert 204 == answer.status_code
    assert "set-cookie" not in answer.headers


def test_fields_after_the_file_are_ignored(s3: Any, bucket: str) -> None:
    """Signed or not."""
    fields = [(name, (None, value)) for name, value in presigned(s3, bucket).items()]
    files: list[Any] = [*fields, ("file", ("p.jpg", PHOTO)), ("acl", (None, "public-read"))]

    assert 204 == httpx.post(address(s3, bucket), files=files).status_code


def test_acl_of_a_form_is_the_objects(s3: Any, bucket: str) -> None:
    """An object that was posted to be read by all can be."""
    assert 204 == post(s3, bucket, presigned(s3, bucket, {"acl": "public-read"})).status_code
    assert PHOTO == httpx.get(address(s3, f"{bucket}/{KEY}")).content


@pytest.mark.parametrize(
    ("tagging", "tags"),
    [
        (
            "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
            [{"Key": "a", "Value": "b"}],
        ),
        ("<Tagging><TagSet>none</TagSet></Tagging>", []),
        ("<Other></Other>", []),
    ],
)
def test_tags_of_a_form_are_the_objects(
    s3: Any, bucket: str, tagging: str, tags: list[dict[str, str]]
) -> None:
    """XML of another shape has none, and is no error."""
    s3.put_object(Bucket=bucket, Key=KEY, Body=b"", Tagging="old=1")

    assert 204 == post(s3, bucket, presigned(s3, bucket, {"tagging": tagging})).status_code
    assert tags == s3.get_object_tagging(Bucket=bucket, Key=KEY)["TagSet"]


def test_metadata_that_no_header_can_hold_comes_back_encoded(s3: Any, bucket: str) -> None:
    """As RFC 2047 has it; a line break in a field is no line break in an answer."""
    fields = {"x-amz-meta-a": "Küche", "x-amz-meta-b": "x\r\nSet-Cookie: a=b"}

    assert 204 == post(s3, bucket, presigned(s3, bucket, fields)).status_code

    head = s3.head_object(Bucket=bucket, Key=KEY)
    assert "=?utf-8?b?S8O8Y2hl?=" == head["Metadata"]["a"]
    assert "set-cookie" not in head["ResponseMetadata"]["HTTPHeaders"]


@pytest.mark.parametrize("size", [2, MAX_BYTES])
def test_file_may_be_as_small_and_as_large_as_the_range(s3: Any, bucket: str, size: int) -> None:
    """Both ends belong to it."""
    assert 204 == post(s3, bucket, presigned(s3, bucket), b"x" * size).status_code
    assert size == s3.head_object(Bucket=bucket, Key=KEY)["ContentLength"]


def test_anybody_may_post_to_a_bucket_that_says_so(s3: Any, bucket: str) -> None:
    """A form without a policy is good where the bucket is publicly writable."""
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")

    assert 204 == post(s3, bucket, {"key": KEY}).status_code
    assert [KEY] == stored(s3, bucket)


def test_key_that_iam_gave_out_signs_forms(variables: Mapping[str, str], bucket: str) -> None:
    """The store checks the signatures of its own users too."""
    iam = client("iam", variables)
    name = f"user-{bucket}"
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    theirs = signing(
        {
            "AWS_ENDPOINT_URL": variables["AWS_ENDPOINT_URL"],
            "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        },
        "s3v4",
    )

    assert 204 == post(theirs, bucket, presigned(theirs, bucket)).status_code
