"""Event buses: an event that a rule has for a function is news; queues and topics get theirs here."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from local_emulator.sources.target_input import target_input

Emit = Callable[[dict[str, Any]], None]


def watch(emit: Emit) -> None:
    """Hooks EventBridge."""
    from moto.events.models import Rule

    original = Rule.send_to_targets

    @wraps(original)
    def send_to_targets(self: Any, original_event: dict[str, Any], transform_input: bool = True) -> None:
        if self.state != "ENABLED" or not self.event_pattern.matches_event(original_event):
            return
        event = _event_of(original_event)
        everything = self.targets
        ours = [target for target in everything if target["Arn"].split(":")[2] in ("lambda", "sns", "sqs")]
        for target in ours:
            _send_to_target(target, target_input(target, event, self.arn), emit)
        self.targets = [target for target in everything if target not in ours]
        try:
            original(self, original_event, transform_input=False)
        finally:
            self.targets = everything

    Rule.send_to_targets = send_to_targets


def _event_of(event: dict[str, Any]) -> dict[str, Any]:
    """docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html; moto keeps the time as a number."""
    kept = {name: value for name, value in event.items() if name not in ("ingestion-time", "event-bus-name")}
    moment = datetime.fromtimestamp(float(event["time"]), UTC)
    return {**kept, "time": moment.isoformat(timespec="seconds").replace("+00:00", "Z")}


def _send_to_target(target: dict[str, Any], event: Any, emit: Emit) -> None:
    _, _, service, region, account, name = target["Arn"].split(":", 5)
    if service == "lambda":
        emit({"invoke": target["Arn"], "event": event})
    elif service == "sns":
        from moto.sns.models import sns_backends

        sns_backends[account][region].publish(arn=target["Arn"], message=_text(event))
    else:
        from moto.sqs.models import sqs_backends

        group = (target.get("SqsParameters") or {}).get("MessageGroupId")
        sqs_backends[account][region].send_message(name, _text(event), group_id=group)


def _text(event: Any) -> str:
    return event if isinstance(event, str) else json.dumps(event)
