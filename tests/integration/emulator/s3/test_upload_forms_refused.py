"""Upload forms that are not as they were signed: each refused in S3's own terms, and nothing stored."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from tests.integration.emulator.s3.helpers import (
    KEY,
    MAX_BYTES,
    MISMATCH,
    Form,
    address,
    declared,
    post,
    presigned,
    refusal,
    signing,
    stored,
)


def widened(form: Form) -> Form:
    """The same form with another policy, which the signature is not of."""
    policy = json.loads(base64.b64decode(form["policy"]))
    policy["conditions"] = [["starts-with", "$key", ""], *policy["conditions"]]
    return {**form, "policy": base64.b64encode(json.dumps(policy).encode()).decode()}


def without(*names: str) -> Callable[[Form], Form]:
    return lambda form: {name: value for name, value in form.items() if name not in names}


BROKEN = "Invalid according to Policy: Policy Condition failed: "


def tagging(number: int) -> str:
    tags = "".join(f"<Tag><Key>{it}</Key><Value/></Tag>" for it in range(number))
    return f"<Tagging><TagSet>{tags}</TagSet></Tagging>"


def no_field(name: str) -> str:
    order = "If it is specified, please check the order of the fields."
    return f"Bucket POST must contain a field named '{name}'.  {order}"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda form: {**form, "Content-Type": "text/html"},
            (403, "AccessDenied", BROKEN + '["eq", "$Content-Type", "image/jpeg"]'),
        ),
        (
            lambda form: {**form, "key": "uploads/other/photo"},
            (403, "AccessDenied", BROKEN + f'["eq", "$key", "{KEY}"]'),
        ),
        (
            without("Content-Type"),
            (403, "AccessDenied", BROKEN + '["eq", "$Content-Type", "image/jpeg"]'),
        ),
        (
            lambda form: {**form, "acl": "public-read"},
            (403, "AccessDenied", "Invalid according to Policy: Extra input fields: acl"),
        ),
        (widened, (403, "SignatureDoesNotMatch", MISMATCH)),
        (lambda form: {**form, "policy": form["policy"][:-2]}, (403, "SignatureDoesNotMatch", MISMATCH)),
        (lambda form: {**form, "x-amz-signature": "0" * 64}, (403, "SignatureDoesNotMatch", MISMATCH)),
        (
            lambda form: {
                **form,
                "x-amz-credential": form["x-amz-credential"].replace("us-east-1", "eu-west-1"),
            },
            (403, "SignatureDoesNotMatch", MISMATCH),
        ),
        (
            lambda form: {**form, "x-amz-credential": "AKIAUNKNOWN/20261125/us-east-1/s3/aws4_request"},
            (403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
        ),
        (
            lambda form: {**form, "x-amz-security-token": "other"},
            (400, "InvalidToken", "The provided token is malformed or otherwise invalid."),
        ),
        (
            lambda form: {**form, "x-amz-credential": "AKIA"},
            (
                400,
                "InvalidArgument",
                'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
            ),
        ),
        (
            lambda form: {**form, "x-amz-algorithm": "none"},
            (400, "InvalidArgument", 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"'),
        ),
        (without("x-amz-signature"), (400, "InvalidArgument", no_field("X-Amz-Signature"))),
        (
            without("x-amz-algorithm", "x-amz-credential"),
            (400, "InvalidArgument", no_field("X-Amz-Algorithm")),
        ),
        (without("key"), (400, "InvalidArgument", no_field("key"))),
        (
            lambda form: {**form, "key": ""},
            (400, "InvalidArgument", "User key must have a length greater than 0."),
        ),
        (lambda form: {**form, "key": "k" * 1025}, (400, "KeyTooLongError", "Your key is too long")),
        (
            lambda form: {"key": form["key"], "policy": form["policy"]},
            (403, "AccessDenied", "Access Denied"),
        ),
        (without("policy"), (403, "AccessDenied", "Access Denied")),
        (lambda form: {"key": form["key"]}, (403, "AccessDenied", "Access Denied")),
    ],
    ids=[
        "wrong type",
        "tampered key",
        "missing field",
        "extra field",
        "tampered policy",
        "truncated policy",
        "wrong signature",
        "wrong region",
        "unknown access key",
        "wrong token",
        "malformed credential",
        "other algorithm",
        "no signature",
        "no algorithm",
        "no key",
        "empty key",
        "long key",
        "policy alone",
        "no policy",
        "anonymous",
    ],
)
def test_form_that_is_not_as_it_was_signed_is_refused(
    s3: Any, bucket: str, change: Callable[[Form], Form], expected: tuple[int, str, str]
) -> None:
    """In S3's own terms, and nothing is stored."""
    answer = post(s3, bucket, change(presigned(s3, bucket)))

    assert expected == refusal(answer)
    assert [] == stored(s3, bucket)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (
            MAX_BYTES + 1,
            (400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"),
        ),
        (1, (400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")),
        (0, (400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")),
    ],
)
def test_file_out_of_range_is_refused(
    s3: Any, bucket: str, size: int, expected: tuple[int, str, str]
) -> None:
    """Too large, too small and empty alike; nothing is stored."""
    assert expected == refusal(post(s3, bucket, presigned(s3, bucket), b"x" * size))
    assert [] == stored(s3, bucket)


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_expired_form_is_refused(variables: Mapping[str, str], bucket: str, version: str) -> None:
    """AccessDenied, and nothing is stored."""
    s3 = signing(variables, version)

    answer = post(s3, bucket, presigned(s3, bucket, expires=-1))

    assert (403, "AccessDenied", "Invalid according to Policy: Policy expired.") == refusal(answer)
    assert [] == stored(s3, bucket)


def test_form_of_version_2_is_checked_too(variables: Mapping[str, str], bucket: str) -> None:
    """Its signature, and the fields that it needs."""
    s3 = signing(variables, "s3")
    form = presigned(s3, bucket)

    assert (403, "SignatureDoesNotMatch", MISMATCH) == refusal(post(s3, bucket, widened(form)))
    assert (400, "InvalidArgument", no_field("AWSAccessKeyId")) == refusal(
        post(s3, bucket, without("AWSAccessKeyId")(form))
    )
    assert [] == stored(s3, bucket)


@pytest.mark.parametrize("query", ["", "?uploads", "?X-Amz-Signature=1"])
def test_form_for_another_bucket_is_refused(
    s3: Any, bucket: str, variables: Mapping[str, str], query: str
) -> None:
    """The policy names the bucket; no query leads around it."""
    other = declared(variables, {})

    answer = post(s3, f"{other}{query}", presigned(s3, bucket))

    assert (403, "AccessDenied", BROKEN + f'["eq", "$bucket", "{bucket}"]') == refusal(answer)
    assert [] == stored(s3, other)


def test_form_for_no_bucket_is_refused(s3: Any) -> None:
    """NoSuchBucket, 404."""
    answer = post(s3, "no-such-bucket", presigned(s3, "no-such-bucket"))

    assert (404, "NoSuchBucket", "The specified bucket does not exist") == refusal(answer)


def test_body_that_is_no_form_is_refused(s3: Any, bucket: str) -> None:
    """412, and 400 where it says that it is one."""
    url = address(s3, bucket)
    form = {"content-type": "multipart/form-data; boundary=x"}

    assert (412, "PreconditionFailed") == refusal(httpx.post(url, data=presigned(s3, bucket)))[:2]
    assert (400, "MalformedPOSTRequest") == refusal(httpx.post(url, content=b"no form", headers=form))[:2]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"Content-MD5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}, 400, "BadDigest"),
        ({"Content-MD5": "none"}, 400, "InvalidDigest"),
        ({"x-amz-storage-class": "FakeClass"}, 400, "InvalidStorageClass"),
        ({"acl": "everybody"}, 400, "InvalidArgument"),
        ({"tagging": "not-xml"}, 400, "MalformedXML"),
        ({"tagging": tagging(11)}, 400, "BadRequest"),
    ],
)
def test_signed_field_that_makes_no_sense_is_refused(
    s3: Any, bucket: str, fields: dict[str, str], status: int, code: str
) -> None:
    """A policy that allows it does not make it right; nothing is stored."""
    assert (status, code) == refusal(post(s3, bucket, presigned(s3, bucket, fields)))[:2]
    assert [] == stored(s3, bucket)
