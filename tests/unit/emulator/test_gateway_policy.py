"""An authorizer's policy over a method."""

from __future__ import annotations

from typing import Any

import pytest

from local_emulator.gateway.access.policy import Effect, evaluate

ARN = "arn:aws:execute-api:us-east-1:123456789012:api1/dev/GET/pets/7"


def statement(effect: str, resource: Any, action: Any = "execute-api:Invoke", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Resource": resource, "Action": action, **more}


@pytest.mark.parametrize(
    "resource",
    [
        ARN,
        "*",
        "arn:aws:execute-api:us-east-1:123456789012:api1/*",
        "arn:aws:execute-api:us-east-1:123456789012:api1/dev/GET/pets/?",
        "arn:aws:execute-api:*:*:*/*/GET/*",
        "arn:aws:execute-api:eu-west-1:999999999999:api1/dev/*",
        ["arn:aws:s3:::bucket", ARN],
    ],
)
def test_a_resource_may_be_named_by_wildcards(resource: Any) -> None:
    """In any part; region and account are not compared, as those here are nobody's."""
    assert evaluate({"Statement": [statement("Allow", resource)]}, ARN) is Effect.ALLOWED


@pytest.mark.parametrize(
    "one",
    [
        statement("Allow", "arn:aws:execute-api:us-east-1:123456789012:api1/dev/PUT/*"),
        statement("Allow", "arn:aws:execute-api:us-east-1:123456789012:api2/*"),
        statement("Allow", "arn:aws:execute-api:us-east-1:123456789012:api1/prod/*"),
        statement("Allow", "*", "s3:*"),
        statement("Allow", "*", None),
        statement("Allow", "*", Condition={"IpAddress": {}}),
        {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
    ],
)
def test_what_no_statement_allows_is_not_allowed(one: dict[str, Any]) -> None:
    """A condition is not evaluated, so that an Allow with one does not count."""
    assert evaluate({"Statement": one}, ARN) is Effect.UNMENTIONED


@pytest.mark.parametrize(
    "action", ["execute-api:Invoke", "execute-api:*", "*", ["s3:*", "EXECUTE-API:invoke"]]
)
def test_a_deny_beats_every_allow(action: Any) -> None:
    """By any action that means an invocation."""
    policy = {"Statement": [statement("Allow", "*"), statement("Deny", ARN, action)]}

    assert evaluate(policy, ARN) is Effect.DENIED


@pytest.mark.parametrize("policy", [None, "x", {}, {"Statement": "x"}, []])
def test_what_is_no_policy_is_said(policy: Any) -> None:
    """The gateway answers 500 to it, not 403."""
    assert evaluate(policy, ARN) is Effect.INVALID
