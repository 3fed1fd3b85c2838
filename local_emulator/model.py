"""What a template describes, once it is read: the vocabulary that every part of the emulator shares.

Plain frozen data. `template/` builds it, everything else only reads it; nothing here does I/O.
Names are CloudFormation's own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REGION = os.environ.get("LOCAL_EMULATOR_REGION") or "us-east-1"
"""One for everything; `--region` sets the variable for this process and the store's."""
ACCOUNT_ID = "123456789012"


@dataclass(frozen=True, kw_only=True)
class Debugger:
    """Where a function's process listens for a debugger, on the loopback interface."""

    port: int
    waits: bool
    """Nothing is loaded before one has attached."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """An `AWS::Lambda::Function`."""

    logical_id: str
    name: str
    handler: str
    """`module.function`; slashes and dots both separate packages."""
    runtime: str
    """Such as `python3.11`."""
    code: Path
    """The folder that becomes LAMBDA_TASK_ROOT."""
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: int = 3
    memory_mb: int = 128
    layers: tuple[Path, ...] = ()
    reserved_concurrency: int | None = None
    debugger: Debugger | None = None

    @property
    def arn(self) -> str:
        """The unqualified function ARN."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.name}"


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """A token bucket: `rate` requests a second, `burst` at once."""

    rate: float
    burst: int


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stage of an API; an HTTP API's `$default` stage has no path segment of its own."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    default_throttle: Throttle | None = None
    route_throttles: Mapping[str, Throttle] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Authorizer:
    """A Lambda REQUEST authorizer."""

    logical_id: str
    name: str
    function: str
    """Logical id of the function."""
    identity_sources: tuple[str, ...] = ()
    """Such as `route.request.header.Authorization`; all must be present or the answer is 401."""


@dataclass(frozen=True, kw_only=True)
class WebSocketRoute:
    """A route of a WebSocket API with its integration."""

    route_key: str
    function: str
    """Logical id of the function of the AWS_PROXY integration."""
    responds: bool = False
    """A route response is configured: the function's body is sent to the client."""
    timeout_seconds: float = 29.0
    authorizer: Authorizer | None = None
    authorization_type: str = "NONE"


@dataclass(frozen=True, kw_only=True)
class WebSocketApi:
    """An API of protocol type WEBSOCKET."""

    logical_id: str
    api_id: str
    name: str
    route_selection_expression: str
    stage: Stage
    routes: Mapping[str, WebSocketRoute]


@dataclass(frozen=True, kw_only=True)
class Cors:
    """An HTTP API's CORS configuration; empty tuples where the template says nothing."""

    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age_seconds: int | None = None
    allow_credentials: bool = False


@dataclass(frozen=True, kw_only=True)
class HttpRoute:
    """A route of an HTTP API. `method` may be ANY; `path` may hold `{name}` and `{name+}`; `$default` has neither."""

    method: str
    path: str
    function: str
    """Logical id of the function of the AWS_PROXY integration."""
    timeout_seconds: float = 30.0

    @property
    def route_key(self) -> str:
        """`GET /pets/{id}`, or `$default`."""
        return self.path if self.path == "$default" else f"{self.method} {self.path}"


@dataclass(frozen=True, kw_only=True)
class HttpApi:
    """An API of protocol type HTTP (payload format 2.0)."""

    logical_id: str
    api_id: str
    name: str
    stage: Stage
    routes: tuple[HttpRoute, ...]
    cors: Cors | None = None


@dataclass(frozen=True, kw_only=True)
class SqsEventSource:
    """An `AWS::Lambda::EventSourceMapping` from a queue to a function."""

    logical_id: str
    function: str
    queue: str
    """Logical id of the queue."""
    batch_size: int = 10
    batch_window_seconds: int = 0
    report_batch_item_failures: bool = False
    maximum_concurrency: int | None = None
    enabled: bool = True


@dataclass(frozen=True, kw_only=True)
class StoreResource:
    """A table, queue, bucket…: something that the store must hold before the first request."""

    logical_id: str
    type: str
    """CloudFormation's type, such as `AWS::SQS::Queue`."""
    name: str
    """The physical name that Ref and GetAtt were resolved with."""
    properties: Mapping[str, Any]
    """The resource's properties, intrinsics resolved."""


@dataclass(frozen=True, kw_only=True)
class Application:
    """Everything that a template asks for."""

    functions: Mapping[str, Function]
    websocket_apis: tuple[WebSocketApi, ...] = ()
    http_apis: tuple[HttpApi, ...] = ()
    sqs_event_sources: tuple[SqsEventSource, ...] = ()
    store_resources: tuple[StoreResource, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    """Extra paths (`Metadata: LocalEmulator: Paths`): path to an API's logical id."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    """What was understood but is not emulated, in sentences for the person."""
