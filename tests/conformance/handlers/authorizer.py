"""The authorizer of a $connect route: decides by the word in the header `Authorization`."""

from __future__ import annotations

from typing import Any

import records


def handler(event: Any, context: Any) -> Any:
    """A policy, or a failure."""
    headers = {name.lower(): value for name, value in event["headers"].items()}
    if "x-case" in headers:
        records.record(f"{headers['x-case']}/authorizer", event)
    match headers["authorization"]:
        case "allow":
            return _policy("Allow", event["methodArn"])
        case "deny":
            return _policy("Deny", event["methodArn"])
        case "unauthorized":
            # API Gateway looks for exactly this text.
            raise Exception("Unauthorized")  # noqa: TRY002
        case "raise":
            raise RuntimeError("it went wrong")
        case _:
            return {"policyDocument": "none"}


def _policy(effect: str, arn: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": arn}
    return {
        "principalId": "alice",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"level": 3, "admin": True},
    }
