"""Presigned URLs: requests whose signature, and how long it is good for, are in the query.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html: `X-Amz-Expires` is 1 to 604,800 seconds,
though S3 refuses only less than 0 as such: with 0, a URL has expired at once. Headers called `x-amz-*` must be signed.
Version 2: https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from local_emulator.http1 import Request
from local_emulator.store.server.s3 import signatures
from local_emulator.store.server.s3.errors import S3Error, access_denied, invalid_argument
from local_emulator.store.server.s3.keyring import Keyring
from local_emulator.store.server.s3.signatures import ALGORITHM, Scope

_PARAMETERS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
)
_OF_SIGNATURES = {
    *_PARAMETERS,
    "X-Amz-Security-Token",
    "AWSAccessKeyId",
    "Signature",
    "Expires",
    "x-amz-security-token",
}
_A_WEEK_SECONDS = 604_800
_CLOCK_SKEW = timedelta(minutes=15)


def verified(request: Request, keyring: Keyring, now: datetime) -> Request | None:
    """The request as if it had been signed by header, without what its signature put into the query; None if it is
    not presigned.

    Raises:
        S3Error: AccessDenied, AuthorizationQueryParametersError, InvalidArgument, InvalidAccessKeyId, InvalidToken,
            SignatureDoesNotMatch.
    """
    query = signatures.decoded_query(request)
    parameters = dict(query)
    if not parameters.keys() & {"X-Amz-Algorithm", "Signature"}:
        return None
    if request.header("authorization"):
        raise invalid_argument(
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
            "parameter or the Authorization header should be specified",
            "Authorization",
            request.header("authorization"),
        )
    if "X-Amz-Algorithm" in parameters:
        _check_v4(request, query, keyring, now)
        authorization = f"{ALGORITHM} Credential={parameters['X-Amz-Credential']}"
    else:
        _check_v2(request, query, keyring, now)
        authorization = f"AWS {parameters['AWSAccessKeyId']}:{parameters['Signature']}"
    kept = [it for it in request.query.split("&") if unquote(it.partition("=")[0]) not in _OF_SIGNATURES]
    target = request.path + ("?" + "&".join(kept) if kept else "")
    return replace(request, target=target, headers=[*request.headers, ("Authorization", authorization)])


def _check_v4(request: Request, query: list[tuple[str, str]], keyring: Keyring, now: datetime) -> None:
    parameters = dict(query)
    if any(name not in parameters for name in _PARAMETERS):
        raise _malformed(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )
    if parameters["X-Amz-Algorithm"] != ALGORITHM:
        raise _malformed(f'X-Amz-Algorithm only supports "{ALGORITHM}"')
    signed_at = _signed_at(parameters["X-Amz-Date"])
    _check_expiry(signed_at, parameters["X-Amz-Expires"], now)
    scope = Scope.parse(parameters["X-Amz-Credential"])
    if scope is None or scope.day != parameters["X-Amz-Date"][:8]:
        raise _malformed(
            "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; "
            'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        )
    signed_headers = parameters["X-Amz-SignedHeaders"].lower().split(";")
    _check_all_signed(request, signed_headers)
    credentials = keyring.credentials(scope.access_key, parameters.get("X-Amz-Security-Token"))
    signatures.check_query_v4(request, query, signed_headers, scope, credentials)


def _malformed(message: str) -> S3Error:
    return S3Error(400, "AuthorizationQueryParametersError", message)


def _signed_at(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        message = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        raise _malformed(message) from error


def _check_expiry(signed_at: datetime, expires: str, now: datetime) -> None:
    if not expires.isascii() or not expires.removeprefix("-").isdigit():
        raise _malformed("X-Amz-Expires should be a number")
    if expires.startswith("-"):
        raise _malformed("X-Amz-Expires must be non-negative")
    if len(expires.lstrip("0")) > len(str(_A_WEEK_SECONDS)) or int(expires) > _A_WEEK_SECONDS:
        raise _malformed(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
            f"{_A_WEEK_SECONDS} seconds"
        )
    if signed_at > now + _CLOCK_SKEW:
        raise access_denied("Request is not yet valid", ServerTime=_text(now))
    expiry = signed_at + timedelta(seconds=int(expires))
    if now > expiry:
        raise access_denied(
            "Request has expired", X_Amz_Expires=expires, Expires=_text(expiry), ServerTime=_text(now)
        )


def _check_all_signed(request: Request, signed_headers: list[str]) -> None:
    sent = {name.lower() for name, _ in request.headers}
    unsigned = sorted(
        name
        for name in sent.difference(signed_headers)
        if name.startswith("x-amz-") and name != "x-amz-content-sha256"
    )
    if unsigned:
        message = "There were headers present in the request which were not signed"
        raise access_denied(message, HeadersNotSigned=", ".join(unsigned))


def _check_v2(request: Request, query: list[tuple[str, str]], keyring: Keyring, now: datetime) -> None:
    parameters = dict(query)
    if "Expires" not in parameters or "AWSAccessKeyId" not in parameters:
        raise access_denied(
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        )
    expires = parameters["Expires"]
    if not expires.isascii() or not expires.isdigit() or len(expires) > 10:
        raise access_denied(f"Invalid date (should be seconds since epoch): {expires}")
    expiry = datetime.fromtimestamp(int(expires), UTC)
    if now > expiry:
        raise access_denied("Request has expired", Expires=_text(expiry), ServerTime=_text(now))
    token = parameters.get("x-amz-security-token") or request.header("x-amz-security-token")
    credentials = keyring.credentials(parameters["AWSAccessKeyId"], token or None)
    signatures.check_query_v2(request, query, credentials)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
