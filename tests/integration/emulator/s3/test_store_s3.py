"""S3 as the store serves it: presigned URLs, other origins, large objects, a template's settings."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from boto3.s3.transfer import TransferConfig

from local_emulator.services import service_variables
from local_emulator.store.process import StoreProcess
from local_emulator.store.provision import ProvisionError
from tests.integration.emulator.s3.helpers import (
    KEY,
    MISMATCH,
    PAGE,
    PHOTO,
    address,
    declared,
    post,
    presigned,
    refusal,
    signing,
    stored,
)


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned_url_reads_and_writes(variables: Mapping[str, str], bucket: str, version: str) -> None:
    """With the very type and metadata that were signed, and whatever is in the key."""
    s3 = signing(variables, version)
    place = {"Bucket": bucket, "Key": "größe/a b+~$&.jpg"}
    params = {**place, "ContentType": "image/png", "Metadata": {"room": "kitchen"}}
    put = s3.generate_presigned_url("put_object", params)
    headers = {"content-type": "image/png", "x-amz-meta-room": "kitchen"}

    assert (
        "SignatureDoesNotMatch"
        == refusal(httpx.put(put, content=b"x", headers={**headers, "content-type": "a/b"}))[1]
    )
    assert [] == stored(s3, bucket)
    assert 200 == httpx.put(put, content=PHOTO, headers=headers).status_code

    head = s3.head_object(**place)
    assert ("image/png", {"room": "kitchen"}, len(PHOTO)) == (
        head["ContentType"],
        head["Metadata"],
        head["ContentLength"],
    )
    assert "Expires" not in head
    assert PHOTO == httpx.get(s3.generate_presigned_url("get_object", place)).content


@pytest.mark.parametrize(("version", "expires"), [("s3v4", 0), ("s3", -1)])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_expired_url_is_refused(
    variables: Mapping[str, str], bucket: str, version: str, expires: int, method: str
) -> None:
    """AccessDenied, 403, and the object stays as it is."""
    s3 = signing(variables, version)
    s3.put_object(Bucket=bucket, Key=KEY, Body=PHOTO)
    url = s3.generate_presigned_url(
        f"{method.lower()}_object", {"Bucket": bucket, "Key": KEY}, ExpiresIn=expires
    )

    answer = httpx.request(method, url)

    assert (403, "AccessDenied", "Request has expired") == refusal(answer)
    assert PHOTO == s3.get_object(Bucket=bucket, Key=KEY)["Body"].read()


async def test_credentials_of_the_person_sign_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions have them where another service is the person's own; the store checks with what they sign with."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAPERSON")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    store = await StoreProcess.start()
    try:
        theirs = service_variables(
            os.environ, store_url=store.url, lambda_url="http://127.0.0.1:9", ca_bundle=None
        )
        s3, bucket = signing(theirs, "s3v4"), declared(theirs, {})

        assert 204 == post(s3, bucket, presigned(s3, bucket)).status_code
    finally:
        await store.stop()


def test_url_for_another_object_is_refused(s3: Any, bucket: str) -> None:
    """A signature is for one key."""
    url = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": KEY})

    answer = httpx.put(url.replace("photo", "other"), content=PHOTO)

    assert (403, "SignatureDoesNotMatch", MISMATCH) == refusal(answer)
    assert [] == stored(s3, bucket)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_unsigned_request_changes_nothing(s3: Any, bucket: str, method: str) -> None:
    """What a presigned URL is good for without its query: nothing."""
    s3.put_object(Bucket=bucket, Key=KEY, Body=PHOTO)

    answer = httpx.request(method, address(s3, f"{bucket}/{KEY}"), content=b"other")

    assert (403, "AccessDenied", "Access Denied") == refusal(answer)
    assert PHOTO == s3.get_object(Bucket=bucket, Key=KEY)["Body"].read()


def test_preflight_is_answered_by_the_buckets_rules(s3: Any, bucket: str) -> None:
    """200 for the page, 403 for others."""
    url = address(s3, bucket)
    asks = {"origin": PAGE, "access-control-request-method": "POST"}

    allowed = httpx.options(url, headers=asks)
    forbidden = httpx.options(url, headers={**asks, "origin": "http://else.test"})

    assert (200, PAGE, "POST, GET") == (
        allowed.status_code,
        allowed.headers["access-control-allow-origin"],
        allowed.headers["access-control-allow-methods"],
    )
    assert (403, "AccessForbidden") == refusal(forbidden)[:2]


def test_page_may_read_what_became_of_its_upload(s3: Any, bucket: str) -> None:
    """Taken or refused; a page of another origin may not, though its upload is taken all the same."""
    taken = post(s3, bucket, presigned(s3, bucket), origin=PAGE)
    refused = post(s3, bucket, presigned(s3, bucket, expires=-1), origin=PAGE)
    other = post(s3, bucket, presigned(s3, bucket), origin="http://else.test")

    assert [(204, PAGE, "ETag"), (403, PAGE, "ETag")] == [
        (
            answer.status_code,
            answer.headers["access-control-allow-origin"],
            answer.headers["access-control-expose-headers"],
        )
        for answer in (taken, refused)
    ]
    assert (204, False) == (other.status_code, "access-control-allow-origin" in other.headers)


def test_page_may_read_objects_where_a_rule_allows_it(s3: Any, bucket: str) -> None:
    """One set of headers, of the rule that matches."""
    s3.put_object(Bucket=bucket, Key=KEY, Body=PHOTO)
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": KEY})

    answer = httpx.get(url, headers={"origin": PAGE})

    assert [PAGE] == answer.headers.get_list("access-control-allow-origin")
    assert "access-control-allow-origin" not in httpx.get(url, headers={"origin": "http://else.test"}).headers


def test_sixty_four_megabytes_are_taken_whole(s3: Any, bucket: str) -> None:
    """In one request, by form and by SDK."""
    content = bytes(range(256)) * (64 * 1024 * 4)
    form = s3.generate_presigned_post(bucket, "form")["fields"]

    assert 204 == post(s3, bucket, form, content).status_code
    s3.put_object(Bucket=bucket, Key="sdk", Body=content)

    etag = f'"{hashlib.md5(content).hexdigest()}"'
    heads = [s3.head_object(Bucket=bucket, Key=key) for key in ("form", "sdk")]
    assert [(len(content), etag)] * 2 == [(head["ContentLength"], head["ETag"]) for head in heads]


def test_larger_requests_are_refused(s3: Any, bucket: str) -> None:
    """Nothing is held in memory without bound."""
    answer = httpx.put(address(s3, f"{bucket}/large"), content=bytes(129 * 1024 * 1024), timeout=60)

    assert 413 == answer.status_code
    assert [] == stored(s3, bucket)


def test_upload_in_parts_and_deletion_of_many_work(s3: Any, bucket: str) -> None:
    """The API's other POSTs are no forms."""
    content = bytes(11 * 1024 * 1024)
    s3.upload_fileobj(
        io.BytesIO(content), bucket, "parts", Config=TransferConfig(multipart_threshold=5 * 1024**2)
    )

    assert len(content) == s3.head_object(Bucket=bucket, Key="parts")["ContentLength"]
    assert [{"Key": "parts"}] == s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "parts"}]})[
        "Deleted"
    ]


def test_settings_of_a_template_are_the_buckets(s3: Any, variables: Mapping[str, str]) -> None:
    """Those that the store knows are set, and notifications, which are event sources, are no hindrance."""
    bucket = declared(
        variables,
        {
            "VersioningConfiguration": {"Status": "Enabled"},
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
                ]
            },
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "RestrictPublicBuckets": True},
            "LifecycleConfiguration": {"Rules": [{"Id": "r", "Status": "Enabled", "ExpirationInDays": "1"}]},
            "NotificationConfiguration": {
                "LambdaConfigurations": [
                    {"Event": "s3:ObjectCreated:*", "Function": "arn:aws:lambda:x:1:function:f"}
                ]
            },
        },
    )

    assert "Enabled" == s3.get_bucket_versioning(Bucket=bucket)["Status"]
    encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    assert {"SSEAlgorithm": "AES256"} == encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]["BlockPublicAcls"]
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert [("r", {"Days": 1})] == [(rule["ID"], rule["Expiration"]) for rule in lifecycle]
    answer = post(s3, bucket, presigned(s3, bucket))
    assert answer.headers["x-amz-version-id"] == s3.head_object(Bucket=bucket, Key=KEY)["VersionId"]
    assert "AES256" == answer.headers["x-amz-server-side-encryption"]


def test_provision_keeps_a_bucket_that_is_there(s3: Any, variables: Mapping[str, str], bucket: str) -> None:
    """Objects and settings: it may be the person's own."""
    s3.put_object(Bucket=bucket, Key=KEY, Body=PHOTO)

    declared(variables, {"CorsConfiguration": {"CorsRules": []}}, bucket)

    assert [KEY] == stored(s3, bucket)
    assert [PAGE] == s3.get_bucket_cors(Bucket=bucket)["CORSRules"][0]["AllowedOrigins"]


@pytest.mark.parametrize(
    "properties",
    [
        {"CorsConfiguration": {"CorsRules": [{"AllowedOrigins": ["*"]}]}},
        {"CorsConfiguration": {"CorsRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["PATCH"]}]}},
        {"LifecycleConfiguration": {"Rules": "all"}},
    ],
    ids=["missing", "unsupported", "malformed"],
)
def test_setting_that_the_service_refuses_is_told(
    variables: Mapping[str, str], properties: dict[str, Any]
) -> None:
    """With the resource that has it."""
    with pytest.raises(ProvisionError, match="Bucket cannot be created: "):
        declared(variables, properties)
