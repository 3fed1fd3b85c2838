"""POST Object: the upload from a browser's form.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html. S3 looks at the form's shape first, then at
the signature, made over the policy as it was sent, then at the policy: a policy cut short is a SignatureDoesNotMatch
and no InvalidPolicyDocument. A form without a policy or without any of a signature's fields is anonymous, and good
only where everybody may write.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote, quote_plus, urlsplit

from local_emulator.http1 import Request, Response
from local_emulator.store.server.s3 import signatures
from local_emulator.store.server.s3.errors import S3Error, access_denied, invalid_argument, xml
from local_emulator.store.server.s3.form import Form, parse
from local_emulator.store.server.s3.keyring import Keyring
from local_emulator.store.server.s3.objects import Bucket
from local_emulator.store.server.s3.policy import Policy
from local_emulator.store.server.s3.signatures import ALGORITHM, Scope

_MAX_KEY_BYTES = 1024
_V4_FIELDS = ("X-Amz-Signature", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date")
_V2_FIELDS = ("Signature", "AWSAccessKeyId")


def post_object(request: Request, bucket: Bucket, keyring: Keyring, now: datetime) -> Response:
    """Stores the form's file if everything about the form is right.

    Raises:
        S3Error: it is not; nothing has been stored.
    """
    form = parse(request.header("content-type"), request.body)
    key = _key(form.fields)
    _authorize(form, bucket, key, keyring, now)
    _check_digest(form)
    stored = bucket.put(key, form.content, form.fields)
    location = f"{_address(request)}/{quote(bucket.name)}/{quote(key, safe='')}"
    return _success(form.fields, bucket.name, key, stored, location)


def _missing(field: str) -> S3Error:
    message = (
        f"Bucket POST must contain a field named '{field}'.  "
        "If it is specified, please check the order of the fields."
    )
    return invalid_argument(message, field)


def _key(fields: Mapping[str, str]) -> str:
    if "key" not in fields:
        raise _missing("key")
    key = fields["key"]
    if not key:
        raise invalid_argument("User key must have a length greater than 0.", "key")
    size = len(key.encode())
    if size > _MAX_KEY_BYTES:
        raise S3Error(
            400, "KeyTooLongError", "Your key is too long", Size=size, MaxSizeAllowed=_MAX_KEY_BYTES
        )
    return key


def _authorize(form: Form, bucket: Bucket, key: str, keyring: Keyring, now: datetime) -> None:
    fields = form.fields
    if "policy" in fields and any(name.lower() in fields for name in _V4_FIELDS):
        _check_v4(fields, keyring)
    elif "policy" in fields and any(name.lower() in fields for name in _V2_FIELDS):
        _check_v2(fields, keyring)
    elif bucket.is_writable_by_anyone("s3:PutObject", key):
        return
    else:
        raise access_denied()
    Policy.parse(fields["policy"]).check({**fields, "bucket": bucket.name}, len(form.content), now)


def _check_v4(fields: Mapping[str, str], keyring: Keyring) -> None:
    for name in _V4_FIELDS:
        if name.lower() not in fields:
            raise _missing(name)
    algorithm, credential = fields["x-amz-algorithm"], fields["x-amz-credential"]
    if algorithm != ALGORITHM:
        raise invalid_argument(f'X-Amz-Algorithm only supports "{ALGORITHM}"', "X-Amz-Algorithm", algorithm)
    scope = Scope.parse(credential)
    if scope is None:
        raise invalid_argument(
            'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
            "X-Amz-Credential",
            credential,
        )
    credentials = keyring.credentials(scope.access_key, fields.get("x-amz-security-token"))
    signatures.check_form_v4(fields["policy"], fields["x-amz-signature"], scope, credentials)


def _check_v2(fields: Mapping[str, str], keyring: Keyring) -> None:
    for name in _V2_FIELDS:
        if name.lower() not in fields:
            raise _missing(name)
    credentials = keyring.credentials(fields["awsaccesskeyid"], fields.get("x-amz-security-token"))
    signatures.check_form_v2(fields["policy"], fields["signature"], credentials)


def _check_digest(form: Form) -> None:
    given = form.fields.get("content-md5")
    if given is None:
        return
    try:
        expected = base64.b64decode(given, validate=True)
    except binascii.Error:
        expected = b""
    if len(expected) != 16:
        raise S3Error(400, "InvalidDigest", "The Content-MD5 you specified was invalid.", Content_MD5=given)
    if expected != hashlib.md5(form.content, usedforsecurity=False).digest():
        raise S3Error(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")


def _success(
    fields: Mapping[str, str], bucket: str, key: str, stored: Mapping[str, str], location: str
) -> Response:
    redirect = _redirect(fields.get("success_action_redirect") or fields.get("redirect") or "")
    if redirect:
        added = f"bucket={quote_plus(bucket)}&key={quote_plus(key)}&etag={quote_plus(stored['ETag'])}"
        parts = urlsplit(redirect)
        goal = parts._replace(query=f"{parts.query}&{added}" if parts.query else added).geturl()
        return Response(303, headers=[*stored.items(), ("Location", goal)])
    headers = [*stored.items(), ("Location", location)]
    match fields.get("success_action_status"):
        case "200":
            return Response(200, headers=headers)
        case "201":
            elements = {
                "Location": location,
                "Bucket": bucket,
                "Key": key,
                "ETag": stored["ETag"],
            }
            return xml("PostResponse", elements, 201, headers)
        case _:
            return Response(204, headers=headers)


def _redirect(url: str) -> str:
    """The URL if it is one to go to; S3 goes on as if there were none if it is not."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    good = parts.scheme in ("http", "https") and parts.netloc and url.isprintable()
    return quote(url, safe="%/:?#[]@!$&'()*+,;=~ ") if good else ""


def _address(request: Request) -> str:
    return f"http{'s' if request.secure else ''}://{request.header('host')}"
