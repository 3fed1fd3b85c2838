"""What a target of an EventBridge rule or schedule gets: the event, a part of it, or something made of it.

docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_STRING_OR_VARIABLE = re.compile(r'"(?:[^"\\]|\\.)*"|<([^<>\s]+)>')
_VARIABLE = re.compile(r"<([^<>\s]+)>")
_STEP = re.compile(r"\.([\w-]+)|\['([^']+)'\]|\[(\d+)\]")


def target_input(target: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> Any:
    """The input, by the target's `Input`, `InputPath` or `InputTransformer`, in the names of the Events API.

    Text that is no JSON is passed on as text.
    """
    if target.get("Input"):
        return _parsed(str(target["Input"]))
    if target.get("InputPath"):
        return at_path(event, str(target["InputPath"]))
    transformer = target.get("InputTransformer")
    if not transformer:
        return event
    variables = {
        name: at_path(event, str(path)) for name, path in (transformer.get("InputPathsMap") or {}).items()
    }
    variables |= {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
        "aws.events.event": event,
        "aws.events.event.json": event,
        "aws.events.event.ingestion-time": event.get("time"),
    }
    return _parsed(_filled(str(transformer["InputTemplate"]), variables))


def at_path(event: Any, path: str) -> Any:
    """What is at a path such as `$.detail.items[0].name`; None where there is nothing."""
    found = event
    for step in _STEP.finditer(path.removeprefix("$")):
        name = step[1] or step[2]
        if name is not None:
            found = found.get(name) if isinstance(found, Mapping) else None
        else:
            index = int(step[3])
            found = found[index] if isinstance(found, list) and index < len(found) else None
    return found


def _filled(template: str, variables: Mapping[str, Any]) -> str:
    def within_string(found: re.Match[str]) -> str:
        value = variables.get(found[1])
        text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
        return json.dumps(text)[1:-1]

    def substitute(found: re.Match[str]) -> str:
        if found[1] is None:
            return _VARIABLE.sub(within_string, found[0])
        return json.dumps(variables.get(found[1]))

    return _STRING_OR_VARIABLE.sub(substitute, template)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
