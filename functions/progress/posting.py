"""The @connections API of a WebSocket API, as far as frames need it: one signed POST.

By botocore's own signer and connection pool, without the client around them. A frame is posted several times a second
to each device, and a client would build, check and take apart each request by its service's description: half of what
a post takes, and the description itself a tenth of a cold start.
"""

from __future__ import annotations

import os
import socket
from typing import Any
from urllib.parse import quote

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

_SERVICE = "execute-api"
_AT_ONCE = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
"""Head and body go out one after the other: TCP would hold the second back until the first is acknowledged."""
_SECONDS = 2.0
"""For connecting, and for the answer: a post that takes longer is given up, and `push` decides what then."""


class ConnectionsApi:
    """Thread-safe; one for an endpoint and an execution environment."""

    def __init__(self, endpoint: str, *, connections: int) -> None:
        """`endpoint` is `https://{domainName}/{stage}`; so many HTTP `connections` are kept to it."""
        # The other clients' own, where there is one: to make another takes as long as a client.
        session = boto3.DEFAULT_SESSION or boto3.Session()
        self._credentials = session.get_credentials()
        self._region = session.region_name
        self._url = f"{endpoint}/@connections/"
        # As a client takes them from the environment; its stubs know less than botocore does.
        options: Any = {
            "verify": os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or True,
            "proxies": get_environ_proxies(endpoint),
            "timeout": (_SECONDS, _SECONDS),
            "max_pool_connections": connections,
            "socket_options": _AT_ONCE,
        }
        self._http = URLLib3Session(**options)

    def post(self, connection_id: str, data: bytes) -> int:
        """Sends one message to a client; the HTTP status: 200 is sent, 410 is gone, 429 is too fast
        (docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html).

        Raises:
            BotoCoreError: no answer, or no credentials to sign with.
        """
        if self._credentials is None:
            raise NoCredentialsError
        request = AWSRequest("POST", self._url + quote(connection_id, safe=""), data=data)
        # Frozen for each: a role's are renewed while the environment lives.
        SigV4Auth(self._credentials.get_frozen_credentials(), _SERVICE, self._region).add_auth(request)
        status: int = self._http.send(request.prepare()).status_code
        return status
