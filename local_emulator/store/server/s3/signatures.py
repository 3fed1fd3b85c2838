"""Signatures, made again by the SDK's own signers and compared.

Version 4, in a form: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
Version 4, in a query: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
Version 2, which boto3 still presigns with by default in us-east-1 and S3 still takes there:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from botocore.auth import HmacV1PostAuth, HmacV1QueryAuth, S3SigV4PostAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from local_emulator.http1 import Request
from local_emulator.store.server.s3.errors import S3Error

ALGORITHM = "AWS4-HMAC-SHA256"

_SCOPE = re.compile(r"([^/]+)/(\d{8})/([^/]+)/s3/aws4_request", re.ASCII)
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method."
)


@dataclass(frozen=True)
class Scope:
    """What a version 4 signature is good for."""

    access_key: str
    day: str
    region: str

    @classmethod
    def parse(cls, credential: str) -> Scope | None:
        """Of `key/yyyymmdd/region/s3/aws4_request`; None if it is not of that shape."""
        found = _SCOPE.fullmatch(credential)
        return cls(*found.groups()) if found else None


def check_form_v4(policy: str, signature: str, scope: Scope, credentials: Credentials) -> None:
    """Checks the signature over a form's policy, which is signed as it was sent.

    Raises:
        S3Error: SignatureDoesNotMatch.
    """
    request = AWSRequest()
    request.context["timestamp"] = scope.day
    signer = S3SigV4PostAuth(credentials, "s3", scope.region)
    _compare(signer.signature(policy, request), signature, scope.access_key, policy)


def check_form_v2(policy: str, signature: str, credentials: Credentials) -> None:
    """The same in version 2.

    Raises:
        S3Error: SignatureDoesNotMatch.
    """
    calculated = HmacV1PostAuth(credentials).sign_string(policy)
    _compare(calculated, signature, credentials.access_key, policy)


def check_query_v4(
    request: Request,
    query: list[tuple[str, str]],
    signed_headers: list[str],
    scope: Scope,
    credentials: Credentials,
) -> None:
    """Checks a presigned request by its decoded query and the lower-case names of the headers that it says are signed.

    Raises:
        S3Error: SignatureDoesNotMatch.
    """
    parameters = dict(query)
    signed_query = [(name, value) for name, value in query if name != "X-Amz-Signature"]
    signed = AWSRequest(
        method=request.method,
        url=f"http://{request.header('host')}{request.path}?{urlencode(signed_query, quote_via=quote, safe='~')}",
        headers=_headers(request, signed_headers),
    )
    signed.context["timestamp"] = parameters["X-Amz-Date"]
    signer = S3SigV4QueryAuth(credentials, "s3", scope.region)
    canonical = signer.canonical_request(signed)
    to_sign = signer.string_to_sign(signed, canonical)
    calculated = signer.signature(to_sign, signed)
    _compare(calculated, parameters["X-Amz-Signature"], scope.access_key, to_sign, CanonicalRequest=canonical)


def check_query_v2(request: Request, query: list[tuple[str, str]], credentials: Credentials) -> None:
    """Checks a presigned request of version 2, whose headers may also stand in its query.

    Raises:
        S3Error: SignatureDoesNotMatch.
    """
    parameters = dict(query)
    names = [name.lower() for name, _ in request.headers]
    headers = _headers(request, [it for it in names if it.startswith("x-amz-") or it in _SIGNED_IN_V2])
    for name, value in query:
        if name.lower() not in headers and (
            name.lower().startswith("x-amz-") or name.lower() in _SIGNED_IN_V2
        ):
            headers[name.lower()] = value
    signer = _QueryV2(credentials, parameters["Expires"])
    to_sign = signer.canonical_string(request.method, urlsplit(request.target), headers)
    calculated = signer.sign_string(to_sign)
    _compare(calculated, parameters["Signature"], credentials.access_key, to_sign)


_SIGNED_IN_V2 = {"content-md5", "content-type"}


class _QueryV2(HmacV1QueryAuth):
    """Signs with the expiry that the query has, where the SDK's would count from now."""

    def __init__(self, credentials: Credentials, expiry: str) -> None:
        super().__init__(credentials)
        self._expiry = expiry

    def _get_date(self) -> str:
        return self._expiry


def decoded_query(request: Request) -> list[tuple[str, str]]:
    """Names and values in order. A plus sign is no space in what is signed."""
    pairs = (pair.partition("=") for pair in request.query.split("&") if pair)
    return [(unquote(name), unquote(value)) for name, _, value in pairs]


def _headers(request: Request, names: list[str]) -> Any:
    """Of botocore's own kind, which keeps repeats."""
    headers = HTTPHeaders()
    for name, value in request.headers:
        if name.lower() in names:
            headers[name.lower()] = value
    return headers


def _compare(calculated: str, provided: str, access_key: str, to_sign: str, **extra: str) -> None:
    if not hmac.compare_digest(calculated.encode(), provided.encode()):
        raise S3Error(
            403,
            "SignatureDoesNotMatch",
            _MISMATCH,
            AWSAccessKeyId=access_key,
            StringToSign=to_sign,
            SignatureProvided=provided,
            StringToSignBytes=to_sign.encode().hex(" "),
            **extra,
        )
