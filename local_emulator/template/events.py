"""What invokes functions apart from the APIs, and what becomes of asynchronous events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from local_emulator.model import Asynchronous, Function, SqsEventSource, StoreResource, StreamEventSource
from local_emulator.template.errors import TemplateError
from local_emulator.template.stack import Resource, Stack, about, whole_number

SUBSCRIPTIONS = ("AWS::SNS::Subscription", "AWS::Events::EventBus", "AWS::Events::Rule")
_DELIVERED_PROTOCOLS = ("lambda", "sqs")
_REACHED_TARGETS = [["lambda"], ["sqs"], ["sns"], ["events"]]


def event_sources(
    stack: Stack, warnings: list[str]
) -> tuple[tuple[SqsEventSource, ...], tuple[StreamEventSource, ...]]:
    """Every event source mapping from a queue, and every one from a table's stream; others go to `warnings`.

    Raises:
        TemplateError: one asks for what the emulator would have to fake.
    """
    queues: list[SqsEventSource] = []
    streams: list[StreamEventSource] = []
    for resource in stack.of_type("AWS::Lambda::EventSourceMapping"):
        with about(resource.logical_id):
            arn = str(resource.properties.get("EventSourceArn", ""))
            if arn.startswith("arn:aws:sqs:"):
                queues.append(_queue_source(stack, resource, arn))
            elif arn.startswith("arn:aws:dynamodb:"):
                streams.append(_stream_source(stack, resource, arn))
            else:
                warnings.append(
                    f"{resource.logical_id} is an event source of neither SQS nor DynamoDB and does not run here"
                )
    return tuple(queues), tuple(streams)


def _queue_source(stack: Stack, resource: Resource, arn: str) -> SqsEventSource:
    properties = resource.properties
    queue = stack.find("AWS::SQS::Queue", arn)
    if queue is None:
        raise TemplateError(f"{arn} is no queue of this template")
    return SqsEventSource(
        logical_id=resource.logical_id,
        function=stack.function(properties.get("FunctionName")),
        queue=queue,
        batch_size=whole_number(properties.get("BatchSize", 10), "BatchSize"),
        batch_window_seconds=_window(properties),
        report_batch_item_failures=_reports_failures(properties),
        maximum_concurrency=_optional(properties.get("ScalingConfig") or {}, "MaximumConcurrency"),
        filters=_filters(properties),
        enabled=_is_enabled(properties),
    )


def _stream_source(stack: Stack, resource: Resource, arn: str) -> StreamEventSource:
    properties = resource.properties
    table = stack.find("AWS::DynamoDB::Table", arn.partition("/stream/")[0])
    if table is None:
        raise TemplateError(f"{arn} is no stream of a table of this template")
    if _optional(properties, "TumblingWindowInSeconds"):
        raise TemplateError("TumblingWindowInSeconds is not emulated")
    position = str(properties.get("StartingPosition"))
    if position not in ("TRIM_HORIZON", "LATEST"):
        raise TemplateError(f"StartingPosition is {position}; a table's stream has TRIM_HORIZON and LATEST")
    return StreamEventSource(
        logical_id=resource.logical_id,
        function=stack.function(properties.get("FunctionName")),
        table=table,
        stream_arn=arn,
        starting_position=position,
        batch_size=whole_number(properties.get("BatchSize", 100), "BatchSize"),
        batch_window_seconds=_window(properties),
        report_batch_item_failures=_reports_failures(properties),
        bisect_on_error=_truth(properties.get("BisectBatchOnFunctionError")),
        maximum_retries=_bound(properties, "MaximumRetryAttempts"),
        maximum_record_age_seconds=_bound(properties, "MaximumRecordAgeInSeconds"),
        on_failure=_destination(properties, "OnFailure"),
        filters=_filters(properties),
        enabled=_is_enabled(properties),
    )


def _window(properties: Mapping[str, Any]) -> int:
    name = "MaximumBatchingWindowInSeconds"
    return whole_number(properties.get(name, 0), name)


def _reports_failures(properties: Mapping[str, Any]) -> bool:
    return "ReportBatchItemFailures" in (properties.get("FunctionResponseTypes") or [])


def _is_enabled(properties: Mapping[str, Any]) -> bool:
    return _truth(properties.get("Enabled", True))


def _truth(value: Any) -> bool:
    return str(value).lower() == "true"


def _optional(properties: Mapping[str, Any], name: str) -> int | None:
    value = properties.get(name)
    return None if value is None else whole_number(value, name)


def _bound(properties: Mapping[str, Any], name: str) -> int | None:
    """-1, the default of streams, is no bound."""
    value = _optional(properties, name)
    return None if value == -1 else value


def _destination(properties: Mapping[str, Any], name: str) -> str | None:
    destination = ((properties.get("DestinationConfig") or {}).get(name) or {}).get("Destination")
    return str(destination) if destination else None


def _filters(properties: Mapping[str, Any]) -> tuple[str, ...]:
    patterns = [
        str(one.get("Pattern")) for one in (properties.get("FilterCriteria") or {}).get("Filters") or []
    ]
    for pattern in patterns:
        try:
            found = json.loads(pattern)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise TemplateError(f"FilterCriteria: {pattern} is no JSON object")
    return tuple(patterns)


def with_asynchronous(
    stack: Stack, functions: Mapping[str, Function], warnings: list[str]
) -> dict[str, Function]:
    """The functions with what becomes of their asynchronous events: dead-letter queues, retries, destinations."""
    changed = dict(functions)
    for resource in stack.of_type("AWS::Lambda::Function"):
        dead_letter = (resource.properties.get("DeadLetterConfig") or {}).get("TargetArn")
        if dead_letter:
            changed[resource.logical_id] = replace(
                changed[resource.logical_id], asynchronous=Asynchronous(dead_letter=str(dead_letter))
            )
    for resource in stack.of_type("AWS::Lambda::EventInvokeConfig"):
        with about(resource.logical_id):
            function = changed[stack.function(resource.properties.get("FunctionName"))]
            settings = _asynchronous(resource.properties, function.asynchronous)
            changed[function.logical_id] = replace(function, asynchronous=settings)
    for function in changed.values():
        settings = function.asynchronous
        ends = filter(None, (settings.on_success, settings.on_failure, settings.dead_letter))
        warnings.extend(_unreached(function.logical_id, ends))
    return changed


def _asynchronous(properties: Mapping[str, Any], so_far: Asynchronous) -> Asynchronous:
    retries = _optional(properties, "MaximumRetryAttempts")
    age = _optional(properties, "MaximumEventAgeInSeconds")
    return replace(
        so_far,
        maximum_retries=so_far.maximum_retries if retries is None else retries,
        maximum_age_seconds=so_far.maximum_age_seconds if age is None else age,
        on_success=_destination(properties, "OnSuccess"),
        on_failure=_destination(properties, "OnFailure"),
    )


def subscriptions(stack: Stack, warnings: list[str]) -> Iterator[StoreResource]:
    """Subscriptions, event buses, and rules with a pattern; what is not delivered here goes to `warnings`."""
    for kind in SUBSCRIPTIONS:
        for resource in stack.of_type(kind):
            properties = resource.properties
            if kind == "AWS::Events::Rule" and not properties.get("EventPattern"):
                continue
            protocol = properties.get("Protocol")
            if protocol is not None and protocol not in _DELIVERED_PROTOCOLS:
                warnings.append(f"{resource.logical_id}: subscriptions by {protocol} are not delivered here")
                continue
            targets = [str(target.get("Arn")) for target in properties.get("Targets") or []]
            warnings.extend(_unreached(resource.logical_id, targets))
            yield StoreResource(
                logical_id=resource.logical_id,
                type=kind,
                name=stack.name(resource.logical_id),
                properties=properties,
            )


def _unreached(logical_id: str, arns: Iterable[str]) -> Iterator[str]:
    for arn in arns:
        if arn.split(":")[2:3] not in _REACHED_TARGETS:
            yield f"{logical_id} leads to {arn}, which is not reached here"
