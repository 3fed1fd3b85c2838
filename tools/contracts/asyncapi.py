"""The frames as an AsyncAPI 3.0 document, from the server's side: it receives what clients send."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, get_args

import msgspec
from msgspec import Struct

from progress import protocol
from progress.jobid import JobId
from tools.contracts import schemas
from tools.contracts.routes import socket_path

Document = dict[str, Any]


class GatewayError(Struct, rename="camel"):
    """API Gateway itself: a frame was throttled, or the function that should have answered it failed. Send it again."""

    message: str
    connection_id: str
    request_id: str


_JOB_FRAMES = (*get_args(protocol.JobFrame), protocol.Compact)
_REPLIES: Mapping[type, tuple[type, ...]] = {
    protocol.Ready: (protocol.ReadyAck, *_JOB_FRAMES),
    protocol.Subscribe: (protocol.ReadyAck, *_JOB_FRAMES),
    protocol.Unsubscribe: (),
    protocol.Ack: (),
    protocol.Cancel: _JOB_FRAMES,
    protocol.Ping: (protocol.Pong,),
}
"""What answers each frame of a client's, besides a problem."""
_ALWAYS = (protocol.Problem, protocol.GoingAway, GatewayError)

_DESCRIPTION = """\
Frames are JSON text, one object each, told apart by `type`. Ignore types and fields that you do not know.

Every job's frame is state, not an event: a lost one loses nothing. `seq` grows by one with each frame of a job; drop
what is not newer than what you have. docs/protocol.md tells when which frame comes.
"""
_CHANNEL_DESCRIPTION = """\
Without a distribution in front, `/{stage}` of the API's own URL. A `jobId` that is no UUID is refused with 400.

API Gateway closes a connection after ten idle minutes or two hours (1001), for a frame that is no text (1003), and for
one of more than 32 KB (1009).
"""
_CHANNEL = {"$ref": "#/channels/progress"}


def document(version: str) -> Document:
    """The document."""
    received, sent = client_frames(), server_frames()
    both = [*received, *sent]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "BooksTrack Progress", "version": version, "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {
            "local": {
                "host": "localhost:3000",
                "protocol": "ws",
                "description": "The emulator (`make emulator`).",
            }
        },
        "channels": {"progress": _channel(both)},
        "operations": {
            **{name_of(frame): _receive(frame) for frame in received},
            "show": {
                "action": "send",
                "channel": _CHANNEL,
                "summary": "Shows the jobs that a connection watches, and says when something is up with it.",
                "messages": [_in_channel(frame) for frame in sent],
            },
        },
        "components": {
            "messages": {name_of(frame): _message(frame) for frame in both},
            "schemas": schemas.components(both),
        },
    }


def client_frames() -> tuple[type, ...]:
    """The frames that a client sends."""
    return get_args(protocol.ClientFrame)


def server_frames() -> tuple[type, ...]:
    """The frames that the server sends, and the gateway in front of it."""
    return (*get_args(protocol.ServerFrame), GatewayError)


def name_of(frame: type) -> str:
    """The frame's `type`; of one that has none, the model's name."""
    info = msgspec.inspect.type_info(frame)
    tag = info.tag if isinstance(info, msgspec.inspect.StructType) else None
    return str(tag) if tag is not None else frame.__name__[0].lower() + frame.__name__[1:]


def _channel(frames: Iterable[type]) -> Document:
    return {
        "address": socket_path(),
        "description": _CHANNEL_DESCRIPTION,
        "messages": {name_of(frame): {"$ref": f"#/components/messages/{name_of(frame)}"} for frame in frames},
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {
                    "type": "object",
                    "properties": {"jobId": msgspec.json.schema(JobId)},
                },
                "bindingVersion": "0.1.0",
            }
        },
    }


def _receive(frame: type) -> Document:
    replies = (*_REPLIES[frame], *_ALWAYS)
    return {
        "action": "receive",
        "channel": _CHANNEL,
        "summary": _words(frame),
        "messages": [_in_channel(frame)],
        "reply": {"channel": _CHANNEL, "messages": [_in_channel(each) for each in replies]},
    }


def _message(frame: type) -> Document:
    return {"name": name_of(frame), "summary": _words(frame), "payload": schemas.reference(frame)}


def _in_channel(frame: type) -> Document:
    return {"$ref": f"#/channels/progress/messages/{name_of(frame)}"}


def _words(frame: type) -> str:
    return " ".join((inspect.getdoc(frame) or "").partition("\n\n")[0].split())
