"""What the cases' WebSocket clients share."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from tests.conformance.target import Target

_SECONDS = 20.0


async def refusal(connecting: Any) -> tuple[int, Any]:
    """The status and the JSON body that an upgrade is refused with."""
    with pytest.raises(InvalidStatus) as refused:
        async with connecting:
            pass
    body = refused.value.response.body
    return refused.value.response.status_code, json.loads(body) if body else None


async def closed(socket: ClientConnection) -> tuple[int, str]:
    """The code and reason that the other side closes with."""
    async with asyncio.timeout(_SECONDS):
        await socket.wait_closed()
    assert socket.close_code is not None
    return socket.close_code, socket.close_reason or ""


async def received(socket: ClientConnection) -> str:
    """The next message."""
    async with asyncio.timeout(_SECONDS):
        message = await socket.recv()
    assert isinstance(message, str)
    return message


async def told(socket: ClientConnection) -> dict[str, Any]:
    """The next message, one of the gateway's own: its members are always the same."""
    frame = json.loads(await received(socket))
    assert {"message", "connectionId", "requestId"} == set(frame)
    assert isinstance(frame, dict)
    return frame


async def still_open(socket: ClientConnection) -> bool:
    """Whether a ping is answered."""
    async with asyncio.timeout(_SECONDS):
        await (await socket.ping())
    return True


async def call(client: Any, operation: str, **arguments: Any) -> Any:
    """A boto3 call, beside the event loop."""
    return await asyncio.to_thread(getattr(client, operation), **arguments)


async def error_of(client: Any, operation: str, **arguments: Any) -> tuple[int, str]:
    """The status and the code of a boto3 call that is refused."""
    with pytest.raises(ClientError) as refused:
        await call(client, operation, **arguments)
    response = refused.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def signature(target: Target, method: str, url: str, body: bytes = b"") -> dict[str, str]:
    """The headers that sign a request, by whoever runs the tests."""
    client = target.client("dynamodb")
    request = AWSRequest(method=method, url=url, data=body)
    SigV4Auth(client._request_signer._credentials, "execute-api", client.meta.region_name).add_auth(request)
    return dict(request.headers.items())
