"""WebSocket APIs, HTTP APIs and REST APIs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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
    api_keys: Mapping[str, str] = field(default_factory=dict)
    """The keys of the usage plans of this stage: value to id."""


@dataclass(frozen=True, kw_only=True)
class Authorizer:
    """A Lambda authorizer."""

    logical_id: str
    name: str
    function: str
    """Logical id of the function."""
    identity_sources: tuple[str, ...] = ()
    """Such as `route.request.header.Authorization`; all must be present or the answer is 401."""
    type: str = "REQUEST"
    """REQUEST, or a REST API's TOKEN."""
    payload_format: str = "1.0"
    """Of an HTTP API's authorizer: 1.0 or 2.0."""
    simple_responses: bool = False
    """An HTTP API's authorizer answers `isAuthorized` instead of a policy."""
    ttl_seconds: int = 0
    """How long an answer is remembered for the same identity; 0: not at all."""
    token_pattern: str = ""
    """What the token of a TOKEN authorizer must match before the function is asked."""


@dataclass(frozen=True, kw_only=True)
class JwtAuthorizer:
    """An HTTP API's JWT authorizer."""

    logical_id: str
    name: str
    identity_source: str
    """Such as `$request.header.Authorization`."""
    issuer: str
    audience: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class IntegrationResponse:
    """What the outcome of an integration that is no proxy becomes."""

    pattern: str
    """A regular expression over the backend's status or error; empty for the default."""
    status: int | None = None
    """A REST API's answer; the backend's own where there is none."""
    templates: Mapping[str, str] = field(default_factory=dict)
    """Mapping templates: by key on WebSocket APIs, by content type on REST APIs."""
    template_selection: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """A REST API's headers: name to a value in quotes, or to a mapping expression."""


@dataclass(frozen=True, kw_only=True)
class Integration:
    """What a route or method runs where that is not a function behind Lambda's proxy integration."""

    type: str
    """MOCK, AWS (a Lambda function behind templates), HTTP or HTTP_PROXY."""
    function: str = ""
    """Logical id, for AWS."""
    url: str = ""
    """For HTTP and HTTP_PROXY."""
    method: str = "POST"
    """For HTTP and HTTP_PROXY."""
    templates: Mapping[str, str] = field(default_factory=dict)
    """Mapping templates of the request: by key on WebSocket APIs, by content type on REST APIs."""
    template_selection: str = ""
    passthrough: str = "WHEN_NO_MATCH"
    """Whether a request without a template goes on as it is: WHEN_NO_MATCH, WHEN_NO_TEMPLATES or NEVER."""
    responses: tuple[IntegrationResponse, ...] = ()

    @property
    def target(self) -> str:
        """What it leads to, for people."""
        return self.function or (f"{self.method} {self.url}" if self.url else self.type)


@dataclass(frozen=True, kw_only=True)
class WebSocketRoute:
    """A route of a WebSocket API with its integration: a function, or another."""

    route_key: str
    function: str = ""
    """Logical id of the function of the AWS_PROXY integration."""
    integration: Integration | None = None
    responds: bool = False
    """A route response is configured: the function's body is sent to the client."""
    timeout_seconds: float = 29.0
    authorizer: Authorizer | None = None
    authorization_type: str = "NONE"
    api_key_required: bool = False
    model_selection: str = ""
    models: Mapping[str, Any] = field(default_factory=dict)
    """JSON schemas for a message's body, by the keys that `model_selection` gives."""

    @property
    def target(self) -> str:
        """What it runs, for people."""
        return self.integration.target if self.integration else self.function


@dataclass(frozen=True, kw_only=True)
class WebSocketApi:
    """An API of protocol type WEBSOCKET."""

    logical_id: str
    api_id: str
    name: str
    route_selection_expression: str
    stage: Stage
    routes: Mapping[str, WebSocketRoute]
    prefix: str = ""
    """A path in front of the stage's, such as `/Other`, where an earlier API has the same stage."""


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
    function: str = ""
    """Logical id of the function of the AWS_PROXY integration."""
    integration: Integration | None = None
    """An HTTP_PROXY integration, where it is that."""
    timeout_seconds: float = 30.0
    payload_format: str = "2.0"
    authorization_type: str = "NONE"
    authorizer: Authorizer | JwtAuthorizer | None = None
    scopes: tuple[str, ...] = ()
    """A token must have one of these."""

    @property
    def target(self) -> str:
        """What it runs, for people."""
        return self.integration.target if self.integration else self.function

    @property
    def route_key(self) -> str:
        """`GET /pets/{id}`, or `$default`."""
        return self.path if self.path == "$default" else f"{self.method} {self.path}"


@dataclass(frozen=True, kw_only=True)
class HttpApi:
    """An API of protocol type HTTP."""

    logical_id: str
    api_id: str
    name: str
    stage: Stage
    routes: tuple[HttpRoute, ...]
    cors: Cors | None = None
    prefix: str = ""
    """As a WebSocket API's."""


@dataclass(frozen=True, kw_only=True)
class RestMethod:
    """A method of a REST API's resource. `method` may be ANY; `path` may hold `{name}` and `{name+}`."""

    method: str
    path: str
    function: str = ""
    """Logical id of the function of the AWS_PROXY integration."""
    integration: Integration | None = None
    timeout_seconds: float = 29.0
    authorization_type: str = "NONE"
    authorizer: Authorizer | None = None
    api_key_required: bool = False
    models: Mapping[str, Any] = field(default_factory=dict)
    """JSON schemas for the body by content type, where a validator looks at bodies."""
    required_parameters: tuple[str, ...] = ()
    """Such as `querystring.page` and `header.X-Id`, where a validator looks at parameters."""

    @property
    def route_key(self) -> str:
        """`GET /pets/{id}`."""
        return f"{self.method} {self.path}"

    @property
    def target(self) -> str:
        """What it runs, for people."""
        return self.integration.target if self.integration else self.function


@dataclass(frozen=True, kw_only=True)
class GatewayResponse:
    """What a REST API says instead of the gateway's own words."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    """Mapping templates by content type."""


@dataclass(frozen=True, kw_only=True)
class RestApi:
    """A REST API: `AWS::ApiGateway::RestApi`."""

    logical_id: str
    api_id: str
    name: str
    stage: Stage
    routes: tuple[RestMethod, ...]
    binary_media_types: tuple[str, ...] = ()
    gateway_responses: Mapping[str, GatewayResponse] = field(default_factory=dict)
    """By type, such as DEFAULT_4XX."""
    prefix: str = ""
    """As a WebSocket API's."""
