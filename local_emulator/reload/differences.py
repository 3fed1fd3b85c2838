"""What has changed between two readings of a template, in words for the person who saved it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_emulator.model import Application, StoreResource


def differences(before: Application, after: Application) -> str:
    """Added, changed and removed parts by logical id; what a change cannot do while the emulator runs is said too."""
    there, here = _parts(before), _parts(after)
    found = [
        f"{word} {', '.join(sorted(names))}"
        for word, names in (
            ("added", here.keys() - there.keys()),
            ("changed", {name for name in here.keys() & there.keys() if here[name] != there[name]}),
            ("removed", there.keys() - here.keys()),
        )
        if names
    ]
    return "; ".join([*found, *_left_as_they_are(before, after)]) or "nothing that matters here has changed"


def _parts(application: Application) -> Mapping[str, Any]:
    parts: tuple[Any, ...] = (
        *application.functions.values(),
        *application.apis,
        *application.sqs_event_sources,
        *application.stream_event_sources,
        *application.schedules,
        *application.subscriptions,
        *application.store_resources,
    )
    return {part.logical_id: part for part in parts}


def _fixed(resource: StoreResource) -> Any:
    """What of a resource is made once: all but a queue's settings, and what follows from it for others."""
    if resource.type == "AWS::SQS::Queue":
        return resource.name
    leads_to = ("NotificationConfiguration", "Subscription")
    return resource.name, {name: it for name, it in resource.properties.items() if name not in leads_to}


def _left_as_they_are(before: Application, after: Application) -> list[str]:
    stored = {resource.logical_id: resource for resource in before.store_resources}
    now = {resource.logical_id: resource for resource in after.store_resources}
    changed = [
        name for name, resource in now.items() if name in stored and _fixed(resource) != _fixed(stored[name])
    ]
    notes = []
    if changed:
        notes.append(f"{', '.join(changed)} stays as it was until the emulator is started again")
    removed = sorted(stored.keys() - now.keys())
    if removed:
        notes.append(f"what is in {', '.join(removed)} is kept until the emulator stops")
    return notes
