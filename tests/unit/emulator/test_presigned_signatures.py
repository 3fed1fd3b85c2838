"""Signatures of forms and of URLs, by the examples that AWS has published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.credentials import Credentials

from local_emulator.http1 import Request
from local_emulator.store.server.s3 import signatures
from local_emulator.store.server.s3.errors import S3Error
from local_emulator.store.server.s3.keyring import Keyring
from local_emulator.store.server.s3.policy import Policy
from local_emulator.store.server.s3.presigned_url import verified
from local_emulator.store.server.s3.signatures import Scope

CREDENTIALS = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
KEYRING = Keyring(CREDENTIALS)

# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html
FORM_POLICY = (
    "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJz"
    "aWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJw"
    "dWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6"
    "b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2Uv"
    "Il0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRp"
    "b24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRl"
    "bnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXot"
    "YWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9"
)
FORM_SIGNATURE = "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"

# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
URL_SIGNATURE = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
URL = (
    "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3"
    "%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    f"&X-Amz-Signature={URL_SIGNATURE}"
)
SIGNED_AT = datetime(2013, 5, 24, tzinfo=UTC)


def get(target: str, *headers: tuple[str, str]) -> Request:
    return Request("GET", target, [("Host", "examplebucket.s3.amazonaws.com"), *headers])


def refusal(request: Request, now: datetime = SIGNED_AT) -> tuple[int, str, str]:
    with pytest.raises(S3Error) as raised:
        verified(request, KEYRING, now)
    return raised.value.status, raised.value.code, raised.value.message


def test_published_form_is_good() -> None:
    """AWS's example of a signed policy, signature and conditions."""
    scope = Scope.parse("AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request")
    assert scope is not None

    signatures.check_form_v4(FORM_POLICY, FORM_SIGNATURE, scope, CREDENTIALS)
    Policy.parse(FORM_POLICY).check(
        {
            "bucket": "sigv4examplebucket",
            "key": "user/user1/shelf.jpg",
            "acl": "public-read",
            "success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html",
            "content-type": "image/jpeg",
            "x-amz-meta-uuid": "14365123651274",
            "x-amz-server-side-encryption": "AES256",
            "x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request",
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-date": "20151229T000000Z",
            "x-amz-meta-tag": "",
            "policy": FORM_POLICY,
            "x-amz-signature": FORM_SIGNATURE,
        },
        1,
        datetime(2015, 12, 30, 11, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("policy", "signature", "day"),
    [
        (FORM_POLICY[:-4], FORM_SIGNATURE, "20151229"),
        (FORM_POLICY, FORM_SIGNATURE[:-1] + "f", "20151229"),
        (FORM_POLICY, "", "20151229"),
        (FORM_POLICY, FORM_SIGNATURE, "20151230"),
    ],
    ids=["policy", "signature", "none", "day"],
)
def test_form_that_was_changed_is_refused(policy: str, signature: str, day: str) -> None:
    """SignatureDoesNotMatch, with what was signed: the policy as it came."""
    with pytest.raises(S3Error) as raised:
        signatures.check_form_v4(
            policy, signature, Scope("AKIAIOSFODNN7EXAMPLE", day, "us-east-1"), CREDENTIALS
        )

    assert (403, "SignatureDoesNotMatch") == (raised.value.status, raised.value.code)
    assert (policy, signature) == (
        raised.value.extra["StringToSign"],
        raised.value.extra["SignatureProvided"],
    )


def test_published_url_is_good_until_it_expires() -> None:
    """AWS's example of a presigned URL: to the last of its 86,400 seconds."""
    last = SIGNED_AT + timedelta(seconds=86_400)

    good = verified(get(URL), KEYRING, last)

    assert good is not None
    assert "/test.txt" == good.target
    assert good.header("authorization").startswith("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/")
    assert (403, "AccessDenied", "Request has expired") == refusal(get(URL), last + timedelta(seconds=1))


def test_url_that_is_signed_for_later_is_not_valid_yet() -> None:
    """A quarter of an hour is forgiven to clocks."""
    assert verified(get(URL), KEYRING, SIGNED_AT - timedelta(minutes=15)) is not None
    assert (403, "AccessDenied", "Request is not yet valid") == refusal(
        get(URL), SIGNED_AT - timedelta(minutes=16)
    )


def test_order_and_spelling_of_a_query_do_not_matter() -> None:
    """What is signed is sorted and encoded anew."""
    path, _, query = URL.partition("?")
    shuffled = "&".join(reversed(query.replace("%2F", "/").split("&")))

    assert verified(get(f"{path}?{shuffled}"), KEYRING, SIGNED_AT) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/test.txt", "/other.txt"),
        ("us-east-1", "eu-west-1"),
        ("X-Amz-Expires=86400", "X-Amz-Expires=604800"),
        ("X-Amz-Date=20130524T000000Z", "X-Amz-Date=20130524T000001Z"),
        (URL_SIGNATURE, "0" * 64),
        ("SignedHeaders=host", "SignedHeaders=host%3Bx-amz-acl"),
        ("&X-Amz-Signature", "&versionId=1&X-Amz-Signature"),
    ],
    ids=["key", "region", "expiry", "date", "signature", "headers", "added parameter"],
)
def test_url_that_was_changed_is_refused(old: str, new: str) -> None:
    """Nothing of it can be changed without the secret."""
    status, code, _ = refusal(get(URL.replace(old, new)))

    assert (403, "SignatureDoesNotMatch") == (status, code)


def test_other_method_than_the_signed_one_is_refused() -> None:
    """A URL to read is none to write."""
    status, code, _ = refusal(Request("PUT", URL, [("Host", "examplebucket.s3.amazonaws.com")]))

    assert (403, "SignatureDoesNotMatch") == (status, code)


def test_amz_header_that_is_not_signed_is_refused() -> None:
    """Or the holder of a URL could give an object an ACL."""
    request = get(URL, ("X-Amz-Acl", "public-read"))

    assert (
        403,
        "AccessDenied",
        "There were headers present in the request which were not signed",
    ) == refusal(request)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("&X-Amz-Expires=86400", "", "Query-string authentication version 4 requires"),
        ("Expires=86400", "Expires=soon", "X-Amz-Expires should be a number"),
        ("Expires=86400", "Expires=-1", "X-Amz-Expires must be non-negative"),
        ("Expires=86400", "Expires=604801", "X-Amz-Expires must be less than a week"),
        ("Expires=86400", "Expires=" + "9" * 5000, "X-Amz-Expires must be less than a week"),
        ("T000000Z", "", "X-Amz-Date must be in the ISO8601 Long Format"),
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", "X-Amz-Algorithm only supports"),
        ("%2Faws4_request", "", "Error parsing the X-Amz-Credential parameter"),
        ("%2F20130524", "%2F20130525", "Error parsing the X-Amz-Credential parameter"),
    ],
)
def test_url_whose_signature_is_malformed_is_told_so(old: str, new: str, message: str) -> None:
    """AuthorizationQueryParametersError, 400."""
    status, code, text = refusal(get(URL.replace(old, new)))

    assert (400, "AuthorizationQueryParametersError") == (status, code)
    assert text.startswith(message)


def test_key_that_nobody_gave_out_is_unknown() -> None:
    """InvalidAccessKeyId, 403."""
    status, code, _ = refusal(get(URL.replace("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7UNKNOWN")))

    assert (403, "InvalidAccessKeyId") == (status, code)


def test_two_signatures_on_one_request_are_refused() -> None:
    """By URL or by header, not both."""
    status, code, _ = refusal(get(URL, ("Authorization", "AWS4-HMAC-SHA256 Credential=…")))

    assert (400, "InvalidArgument") == (status, code)


def test_request_without_a_signature_in_its_query_is_none_of_this() -> None:
    """Whoever signed it otherwise, or not at all, is for others to judge."""
    assert verified(get("/test.txt?versionId=1"), KEYRING, SIGNED_AT) is None


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            "/a?Signature=x&Expires=1",
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId",
        ),
        (
            "/a?Signature=x&AWSAccessKeyId=k&Expires=soon",
            "Invalid date (should be seconds since epoch): soon",
        ),
        ("/a?Signature=x&AWSAccessKeyId=k&Expires=1", "Request has expired"),
    ],
)
def test_version_2_is_checked_too(target: str, message: str) -> None:
    """AccessDenied, 403."""
    status, code, text = refusal(get(target))

    assert (403, "AccessDenied") == (status, code)
    assert text.startswith(message)


def test_session_key_is_good_with_its_token_only() -> None:
    """Without it the key is unknown, with another the token is invalid."""
    keyring = Keyring(Credentials("AKIASESSION", "secret", "token"))

    assert "secret" == keyring.credentials("AKIASESSION", "token").secret_key
    with pytest.raises(S3Error, match="InvalidAccessKeyId"):
        keyring.credentials("AKIASESSION", None)
    with pytest.raises(S3Error, match="InvalidToken"):
        keyring.credentials("AKIASESSION", "other")
