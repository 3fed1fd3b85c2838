"""One AWS request, answered by moto within this process, without the web server that moto brings.

moto's own server threads its requests, and its DynamoDB updates are not atomic between threads; here a request is
one synchronous call on one thread. The service that a request is for stands in its signature, since every client
uses the same endpoint.
"""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import BotocoreStubber

from local_emulator.http1 import Request, Response
from local_emulator.model import REGION

_SCOPE = re.compile(r"Credential=[^/,]+/\d{8}/([^/,]+)/([^/,]+)/aws4_request")
_NOT_FORWARDED = {"connection", "host", "transfer-encoding", "expect"}
_NOT_RETURNED = {"connection", "content-length", "status", "transfer-encoding"}

_stubber = BotocoreStubber()


def scope(request: Request) -> tuple[str, str]:
    """The region and the service that a request was signed for; an unsigned one can only be for S3."""
    found = _SCOPE.search(request.header("authorization"))
    if found is None:
        presigned = parse_qs(request.query).get("X-Amz-Credential", [""])[0]
        found = _SCOPE.search(f"Credential={presigned}")
    return (found[1], found[2]) if found else (REGION, "s3")


def answer(request: Request) -> Response:
    """What the service answers; 501 for services and operations that moto does not have."""
    region, service = scope(request)
    headers = HTTPHeaders()
    for name, value in request.headers:
        if name.lower() not in _NOT_FORWARDED:
            headers[name] = value
    if request.header("x-amz-target").startswith("DynamoDBStreams_"):
        service = "streams.dynamodb"  # signed for as DynamoDB itself
    url = f"https://{service}.{region}.amazonaws.com{request.target}"
    prepared = AWSPreparedRequest(request.method, url, headers, request.body, False)
    try:
        answered = _stubber.process_request(prepared)
    except (NotImplementedError, ModuleNotFoundError) as error:
        return _not_implemented(f"{service}: {error}")
    if answered is None or (answered[0] == 404 and answered[2] == "Not yet implemented"):
        return _not_implemented(f"there is no {service} here")
    status, answer_headers, body = answered
    dropped = _NOT_RETURNED - {"content-length"} if request.method == "HEAD" else _NOT_RETURNED
    return Response(
        int(status),
        body.encode() if isinstance(body, str) else bytes(body),
        [(name, str(value)) for name, value in answer_headers.items() if name.lower() not in dropped],
    )


def _not_implemented(reason: str) -> Response:
    body = {"__type": "NotImplemented", "message": f"The emulator's store cannot do this: {reason}"}
    return Response(
        501,
        json.dumps(body).encode(),
        (("content-type", "application/json"), ("x-amzn-errortype", "NotImplemented")),
    )
