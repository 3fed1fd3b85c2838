"""The words of a rule: places, what can be matched there, what can go wrong there, and with which settings.

The table in docs/emulator/faults.md says the same, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A setting of an action: how it is called, what it may be, and in words what is wanted."""

    name: str
    accepts: Callable[[Any], bool]
    wanted: str
    default: Any = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the emulator asks whether something goes wrong."""

    attributes: tuple[str, ...]
    """What a rule's `match` and `per` may name."""
    actions: Mapping[str, tuple[Setting, ...]]


def is_number(value: Any) -> bool:
    """A number as YAML and JSON have it; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_count(value: Any) -> bool:
    """A whole number from 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


_REQUIRED = object()
"""The default of a setting that has none."""


def required(setting: Setting) -> bool:
    """Whether a rule must give it."""
    return setting.default is _REQUIRED


def _seconds(default: Any) -> Setting:
    return Setting(
        name="seconds",
        accepts=lambda value: is_number(value) and 0 <= value <= 86_400,
        wanted="a number of seconds, 0 to 86400",
        default=default,
    )


def _status(default: int) -> Setting:
    return Setting(
        name="status",
        accepts=lambda value: is_number(value) and isinstance(value, int) and 400 <= value <= 599,
        wanted="an HTTP status from 400 to 599",
        default=default,
    )


_CLOSE_CODE = Setting(
    name="code",
    accepts=lambda value: is_number(value) and value in {1000, 1001, *range(1007, 1015), *range(3000, 5000)},
    wanted="a close code that may be sent: 1000, 1001, 1007 to 1014, 3000 to 4999",
    default=1001,
)
_REASON = Setting(
    name="reason",
    accepts=lambda value: isinstance(value, str) and len(value.encode()) <= 123,
    wanted="a text of at most 123 bytes",
    default="Going away",
)
_MESSAGE = Setting(
    name="message",
    accepts=lambda value: isinstance(value, str),
    wanted="a text",
    default="A fault was asked for",
)
_WHEN = Setting(
    name="when",
    accepts=lambda value: value in ("before", "after"),
    wanted="before or after (the function has run)",
    default="before",
)
_DELIVERED = Setting(
    name="delivered",
    accepts=lambda value: isinstance(value, bool),
    wanted="true or false",
    default=False,
)

_FRAME = {
    "drop": (),
    "close": (_CLOSE_CODE, _REASON),
    "stall": (_seconds(None),),
    "lose": (),
}
PLACES: Mapping[str, Place] = {
    "connect": Place(
        attributes=("api",),
        actions={"refuse": (_status(500),), "delay": (_seconds(_REQUIRED),), "drop": ()},
    ),
    "frame_in": Place(attributes=("api", "connection_id", "route_key"), actions=_FRAME),
    "frame_out": Place(attributes=("api", "connection_id"), actions=_FRAME),
    "post": Place(
        attributes=("api", "connection_id", "method"),
        actions={"refuse": (_status(410), _DELIVERED), "delay": (_seconds(_REQUIRED),)},
    ),
    "http": Place(
        attributes=("api", "route_key"),
        actions={"refuse": (_status(503),), "delay": (_seconds(_REQUIRED),)},
    ),
    "function": Place(
        attributes=("function",),
        actions={
            "kill": (_WHEN, _seconds(0.0)),
            "delay": (_seconds(_REQUIRED),),
            "fail": (_WHEN, _MESSAGE),
            "throttle": (),
        },
    ),
    "queue": Place(
        attributes=("queue", "function", "message_id"),
        actions={
            "duplicate": (_seconds(0.0),),
            "delay": (_seconds(_REQUIRED),),
            "reorder": (_seconds(5.0),),
        },
    ),
    "table": Place(
        attributes=("table", "operation"),
        actions={"throttle": (), "fail": (), "delay": (_seconds(_REQUIRED),), "stale": (_seconds(2.0),)},
    ),
}
