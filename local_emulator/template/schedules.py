"""Schedules: of EventBridge's rules and of its Scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local_emulator.model import Schedule, ScheduleTarget
from local_emulator.sources.expressions import ExpressionError, parse
from local_emulator.template.errors import TemplateError
from local_emulator.template.language import physical
from local_emulator.template.stack import Resource, Stack, about

_REACHED = (":lambda:", ":sqs:", ":sns:")


def schedules(stack: Stack, warnings: list[str]) -> tuple[Schedule, ...]:
    """Every rule with a schedule and every schedule; targets that are not reached here go to `warnings`.

    Raises:
        TemplateError: an expression cannot be understood.
    """
    found = []
    for resource in stack.of_type("AWS::Events::Rule"):
        if resource.properties.get("ScheduleExpression"):
            with about(resource.logical_id):
                found.append(_rule(stack, resource, warnings))
    for resource in stack.of_type("AWS::Scheduler::Schedule"):
        with about(resource.logical_id):
            found.append(_schedule(stack, resource, warnings))
    return tuple(found)


def _rule(stack: Stack, resource: Resource, warnings: list[str]) -> Schedule:
    properties = resource.properties
    return Schedule(
        logical_id=resource.logical_id,
        arn=physical.arn(stack.resolver.named(resource.logical_id)),
        source="aws.events",
        expression=_expression(properties, "UTC"),
        targets=_reached(resource, properties.get("Targets") or [], warnings),
        enabled=properties.get("State", "ENABLED") == "ENABLED",
    )


def _schedule(stack: Stack, resource: Resource, warnings: list[str]) -> Schedule:
    properties = resource.properties
    timezone = str(properties.get("ScheduleExpressionTimezone") or "UTC")
    return Schedule(
        logical_id=resource.logical_id,
        arn=physical.arn(stack.resolver.named(resource.logical_id)),
        source="aws.scheduler",
        expression=_expression(properties, timezone),
        timezone=timezone,
        starts=_moment(properties, "StartDate"),
        ends=_moment(properties, "EndDate"),
        targets=_reached(resource, [properties.get("Target") or {}], warnings),
        enabled=properties.get("State", "ENABLED") == "ENABLED",
    )


def _expression(properties: Mapping[str, Any], timezone: str) -> str:
    expression = str(properties.get("ScheduleExpression"))
    try:
        parse(expression, timezone)
    except ExpressionError as error:
        raise TemplateError(str(error)) from error
    return expression


def _moment(properties: Mapping[str, Any], name: str) -> str | None:
    value = properties.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise TemplateError(
            f"{name} is {value}, a date and time such as 2026-01-31T08:00:00Z is wanted"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _reached(
    resource: Resource, targets: list[Mapping[str, Any]], warnings: list[str]
) -> tuple[ScheduleTarget, ...]:
    found = []
    for target in targets:
        arn = str(target.get("Arn"))
        if any(service in arn for service in _REACHED):
            found.append(ScheduleTarget(arn=arn, settings=target))
        else:
            warnings.append(f"{resource.logical_id}: the target {arn} is not reached here")
    return tuple(found)
