"""All of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_emulator.model.apis import HttpApi, RestApi, WebSocketApi
from local_emulator.model.functions import Function
from local_emulator.model.sources import Schedule, SqsEventSource, StreamEventSource


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
    rest_apis: tuple[RestApi, ...] = ()
    sqs_event_sources: tuple[SqsEventSource, ...] = ()
    stream_event_sources: tuple[StreamEventSource, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    store_resources: tuple[StoreResource, ...] = ()
    subscriptions: tuple[StoreResource, ...] = ()
    """What leads from one resource of the store to another or to a function, such as `AWS::SNS::Subscription`."""
    paths: Mapping[str, str] = field(default_factory=dict)
    """Extra paths (`Metadata: LocalEmulator: Paths`): path to an API's logical id."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    """What was understood but is not emulated, in sentences for the person."""

    @property
    def apis(self) -> tuple[WebSocketApi | HttpApi | RestApi, ...]:
        """Every API."""
        return (*self.websocket_apis, *self.http_apis, *self.rest_apis)
