"""What a template describes, once it is read: the vocabulary that every part of the emulator shares.

Plain frozen data. `template/` builds it, everything else only reads it; nothing here does I/O.
Names are CloudFormation's own.
"""

from local_emulator.model.apis import (
    Authorizer,
    Cors,
    GatewayResponse,
    HttpApi,
    HttpRoute,
    Integration,
    IntegrationResponse,
    JwtAuthorizer,
    RestApi,
    RestMethod,
    Stage,
    Throttle,
    WebSocketApi,
    WebSocketRoute,
)
from local_emulator.model.application import Application, StoreResource
from local_emulator.model.functions import Asynchronous, Debugger, Function
from local_emulator.model.place import ACCOUNT_ID, REGION
from local_emulator.model.sources import Schedule, ScheduleTarget, SqsEventSource, StreamEventSource

__all__ = [
    "ACCOUNT_ID",
    "REGION",
    "Application",
    "Asynchronous",
    "Authorizer",
    "Cors",
    "Debugger",
    "Function",
    "GatewayResponse",
    "HttpApi",
    "HttpRoute",
    "Integration",
    "IntegrationResponse",
    "JwtAuthorizer",
    "RestApi",
    "RestMethod",
    "Schedule",
    "ScheduleTarget",
    "SqsEventSource",
    "Stage",
    "StoreResource",
    "StreamEventSource",
    "Throttle",
    "WebSocketApi",
    "WebSocketRoute",
]
