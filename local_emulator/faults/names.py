"""What of an application a rule may name."""

from __future__ import annotations

from local_emulator.model import Application


def names_of(application: Application) -> dict[str, list[str]]:
    """By what is matched: the logical ids and names of all that there is of it."""
    functions = application.functions.values()
    return {
        "function": [name for function in functions for name in (function.logical_id, function.name)],
        "api": [api.logical_id for api in application.apis],
        "queue": _stored(application, "AWS::SQS::Queue"),
        "table": _stored(application, "AWS::DynamoDB::Table"),
    }


def _stored(application: Application, kind: str) -> list[str]:
    return [
        name
        for resource in application.store_resources
        if resource.type == kind
        for name in (resource.logical_id, resource.name)
    ]
