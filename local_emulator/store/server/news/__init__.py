"""What happens in the store that others must hear of.

moto delivers from service to service by itself, but it runs no functions, and nobody outside is told. Here its own
deliveries to functions become news, each a JSON object:

- `{"invoke": function's ARN, "event": …}`: S3, SNS or EventBridge has an event for a function.
- `{"stream": table's name}`: a table's stream has a new record.

The hooks are made when a service is first asked for something, so that moto need not load the others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from local_emulator.store.server.news import buckets, rules, topics

Emit = Callable[[dict[str, Any]], None]


class News:
    """Hooks moto's services; `emit` takes the news, `wake` the name of a queue that has got a message."""

    def __init__(self, emit: Emit, wake: Callable[[str], None]) -> None:
        self._hooks: dict[str, Callable[[], None]] = {
            "dynamodb": lambda: _watch_streams(emit),
            "events": lambda: rules.watch(emit),
            "s3": lambda: buckets.watch(emit),
            "sns": lambda: topics.watch(emit),
        }
        _watch_queues(wake)

    def watch(self, service: str) -> None:
        """Called before each request to a service; only the first call does something."""
        hook = self._hooks.pop(service, None)
        if hook is not None:
            hook()


def _watch_queues(wake: Callable[[str], None]) -> None:
    from moto.sqs.models import Queue

    original = Queue.add_message

    @wraps(original)
    def add_message(self: Any, message: Any) -> None:
        original(self, message)
        wake(self.name)

    Queue.add_message = add_message


def _watch_streams(emit: Emit) -> None:
    from moto.dynamodb.models.table import StreamShard

    original = StreamShard.add

    @wraps(original)
    def add(self: Any, old: Any, new: Any) -> None:
        # "If an application writes an item without changing it, no stream record is written."
        # docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
        if old is not None and new is not None and old.to_json() == new.to_json():
            return
        original(self, old, new)
        emit({"stream": self.table.name})

    StreamShard.add = add
