"""Events of payload format 1.0: those of REST APIs, and of HTTP APIs that ask for it (case G12).

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
What is absent is null here, where payload 2.0 leaves it out.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local_emulator.gateway import ids, requests
from local_emulator.http1 import Request
from local_emulator.model import ACCOUNT_ID, REGION

_NOBODY = (
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "user",
    "userArn",
)


@dataclass(frozen=True, kw_only=True)
class ProxyCall:
    """A request, and what the gateway knows of it."""

    request: Request
    api_id: str
    stage: str
    stage_variables: Mapping[str, str]
    domain_name: str
    resource: str
    """The path as it was declared, such as `/pets/{id}`."""
    path: str
    """As it came, without the stage."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    authorizer: Mapping[str, Any] | None = None
    api_key: str | None = None
    api_key_id: str | None = None
    request_id: str = field(default_factory=ids.uuid)

    @property
    def arn(self) -> str:
        """What an authorizer's policy is about: `…:{api}/{stage}/{method}/{path}`."""
        rest = self.path.lstrip("/")
        place = f"{self.api_id}/{self.stage}/{self.request.method}/{rest}"
        return f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{place}"

    @property
    def full_path(self) -> str:
        """The path with the stage."""
        return self.path if self.stage == "$default" else f"/{self.stage}{self.path}"


def proxy(call: ProxyCall, *, binary_media_types: Sequence[str] = (), version: str = "") -> requests.Event:
    """A function's event. `version` is an HTTP API's `1.0`; a REST API's events have none."""
    encoded, body = _body(call.request, binary_media_types, by_kind=bool(version))
    return {
        **({"version": version} if version else {}),
        **_described(call),
        "body": body,
        "isBase64Encoded": encoded,
    }


def authorize(call: ProxyCall, *, version: str = "", identity: Sequence[str] = ()) -> requests.Event:
    """A REQUEST authorizer's event."""
    extra = {"version": version, "identitySource": ",".join(identity)} if version else {}
    if version:
        extra["authorizationToken"] = extra["identitySource"]
    return {**extra, "type": "REQUEST", "methodArn": call.arn, **_described(call)}


def token(call: ProxyCall, value: str) -> requests.Event:
    """A TOKEN authorizer's event."""
    return {"type": "TOKEN", "methodArn": call.arn, "authorizationToken": value}


def is_binary(content_type: str, binary_media_types: Sequence[str]) -> bool:
    """Whether a REST API treats a media type as binary: it is on its list, or `*/*` is."""
    kind = content_type.partition(";")[0].strip().lower()
    family = f"{kind.partition('/')[0]}/*"
    return any(wanted.lower() in (kind, family, "*/*") for wanted in binary_media_types)


def _described(call: ProxyCall) -> requests.Event:
    headers = requests.headers(requests.forwarded(call.request))
    query = requests.query(call.request.query)
    return {
        "resource": call.resource,
        "path": call.path,
        "httpMethod": call.request.method,
        **headers,
        "queryStringParameters": query.get("queryStringParameters"),
        "multiValueQueryStringParameters": query.get("multiValueQueryStringParameters"),
        "pathParameters": dict(call.parameters) or None,
        "stageVariables": dict(call.stage_variables) or None,
        "requestContext": context(call),
    }


def context(call: ProxyCall) -> dict[str, Any]:
    """The event's `requestContext`, which is a mapping template's `$context` too."""
    now = time.time()
    request = call.request
    identity: dict[str, Any] = dict.fromkeys(_NOBODY)
    identity |= {"sourceIp": request.peer, "userAgent": request.header("user-agent") or None}
    if call.api_key is not None:
        identity |= {"apiKey": call.api_key, "apiKeyId": call.api_key_id}
    found: dict[str, Any] = {
        "accountId": ACCOUNT_ID,
        "apiId": call.api_id,
        "domainName": call.domain_name,
        "domainPrefix": call.domain_name.partition(".")[0],
        "extendedRequestId": ids.request_id(),
        "httpMethod": request.method,
        "identity": identity,
        "path": call.full_path,
        "protocol": f"HTTP/{request.http_version}",
        "requestId": call.request_id,
        "requestTime": requests.clf(now),
        "requestTimeEpoch": int(now * 1000),
        "resourceId": None if call.resource == "$default" else ids.resource_id(call.resource),
        "resourcePath": call.resource,
        "stage": call.stage,
    }
    if call.authorizer is not None:
        found["authorizer"] = dict(call.authorizer)
    return found


def _body(request: Request, binary: Sequence[str], *, by_kind: bool) -> tuple[bool, str | None]:
    """Whether it is base64, and the text. An HTTP API goes by the kind of content, a REST API by its list."""
    if not request.body:
        return False, None
    content_type = request.header("content-type")
    if by_kind:
        found = requests.body(request.body, content_type)
        return found["isBase64Encoded"], found["body"]
    if is_binary(content_type, binary):
        return True, base64.b64encode(request.body).decode()
    return False, request.body.decode(errors="replace")
