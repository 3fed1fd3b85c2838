"""Whether an authorizer's policy lets an invocation through.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

_INVOKE = "execute-api:invoke"


class Effect(Enum):
    """What a policy says of an invocation."""

    ALLOWED = "Allow"
    DENIED = "Deny"
    UNMENTIONED = "neither"
    """No statement speaks of it, which refuses as well."""
    INVALID = "no policy"


def evaluate(policy: Any, arn: str) -> Effect:
    """Judges `execute-api:Invoke` on `arn`. A Deny beats every Allow.

    Region and account of a resource are not compared: those here are nobody's, and a policy may name real ones.
    Conditions are not evaluated: with one, an Allow does not count and a Deny does.
    """
    if not isinstance(policy, Mapping) or not isinstance(policy.get("Statement"), list | Mapping):
        return Effect.INVALID
    statements = policy["Statement"]
    effects = {
        str(statement.get("Effect"))
        for statement in (statements if isinstance(statements, list) else [statements])
        if isinstance(statement, Mapping) and _speaks_of(statement, arn)
    }
    if "Deny" in effects:
        return Effect.DENIED
    return Effect.ALLOWED if "Allow" in effects else Effect.UNMENTIONED


def _speaks_of(statement: Mapping[str, Any], arn: str) -> bool:
    if statement.get("Condition") or "NotAction" in statement or "NotResource" in statement:
        return statement.get("Effect") == "Deny"
    return any(_glob(action.lower(), _INVOKE) for action in _texts(statement.get("Action"))) and any(
        _names(resource, arn) for resource in _texts(statement.get("Resource"))
    )


def _names(resource: str, arn: str) -> bool:
    if _glob(resource, arn):
        return True
    wanted, given = resource.split(":", 5), arn.split(":", 5)
    return len(wanted) == 6 and all(_glob(wanted[place], given[place]) for place in (0, 1, 2, 5))


def _glob(pattern: str, text: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _texts(value: Any) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]
