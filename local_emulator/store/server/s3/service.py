"""What a request to S3 goes through before moto answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs

from local_emulator.http1 import Request, Response
from local_emulator.store.server.s3 import cors, presigned_url
from local_emulator.store.server.s3.errors import S3Error, access_denied
from local_emulator.store.server.s3.keyring import Keyring
from local_emulator.store.server.s3.objects import Bucket
from local_emulator.store.server.s3.post_object import post_object

_ANONYMOUS_WRITES = {"PUT": "s3:PutObject", "POST": "s3:PutObject", "DELETE": "s3:DeleteObject"}


class S3:
    """Wraps the answering of S3 requests, addressed by path (`/bucket/key`)."""

    def __init__(self, answer: Callable[[Request], Response], keyring: Keyring) -> None:
        self._answer = answer
        self._keyring = keyring

    def __call__(self, request: Request) -> Response:
        """Answers any request to S3."""
        name, _, key = request.decoded_path.lstrip("/").partition("/")
        bucket = Bucket.find(name)
        rules = bucket.cors_rules if bucket else None
        try:
            if request.method == "OPTIONS":
                return cors.preflight(request, rules, resource_type="OBJECT" if key else "BUCKET")
            response = self._answer_checked(request, bucket, name, key)
        except S3Error as refused:
            response = refused.response()
        return replace(response, headers=[*response.headers, *cors.response_headers(request, rules or ())])

    def _answer_checked(self, request: Request, bucket: Bucket | None, name: str, key: str) -> Response:
        now = datetime.now(UTC)
        if _is_form(request, name, key):
            if bucket is None:
                raise S3Error(404, "NoSuchBucket", "The specified bucket does not exist", BucketName=name)
            return post_object(request, bucket, self._keyring, now)
        request = presigned_url.verified(request, self._keyring, now) or request
        if not request.header("authorization") and not _anybody_may(request.method, bucket, key):
            raise access_denied()
        # moto has CORS headers of its own, of the last rule instead of the first that matches.
        headers = [(it, value) for it, value in request.headers if it.lower() != "origin"]
        return self._answer(replace(request, headers=headers))


def _anybody_may(method: str, bucket: Bucket | None, key: str) -> bool:
    """What a request that nobody signed may do; moto knows what it may read."""
    action = _ANONYMOUS_WRITES.get(method)
    return action is None or (bucket is not None and bucket.is_writable_by_anyone(action, key))


def _is_form(request: Request, bucket: str, key: str) -> bool:
    """A POST to a bucket is one, unless it deletes many objects, which is the API's only other."""
    deletes = "delete" in parse_qs(request.query, keep_blank_values=True)
    return request.method == "POST" and bool(bucket) and not key and not deletes
