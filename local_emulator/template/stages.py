"""An API's stage, and its throttles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_emulator.model import Stage, Throttle
from local_emulator.template.errors import TemplateError
from local_emulator.template.stack import Resource, Stack


def stage_of(stack: Stack, api: Resource, warnings: list[str]) -> Stage:
    """The API's only stage; where it has more, the first.

    Raises:
        TemplateError: it has none.
    """
    api_id = stack.name(api.logical_id)
    stages = [
        resource
        for resource in stack.of_type("AWS::ApiGatewayV2::Stage")
        if resource.properties.get("ApiId") == api_id
    ]
    if not stages:
        raise TemplateError("the API has no stage, so it has no URL")
    first = stages[0].properties
    name = str(first.get("StageName"))
    if len(stages) > 1:
        warnings.append(f"{api.logical_id} has {len(stages)} stages; only {name} is served")
    return Stage(
        name=name,
        variables={str(key): str(value) for key, value in (first.get("StageVariables") or {}).items()},
        default_throttle=_throttle(first.get("DefaultRouteSettings") or {}),
        route_throttles={
            str(route): throttle
            for route, settings in (first.get("RouteSettings") or {}).items()
            if (throttle := _throttle(settings)) is not None
        },
    )


def _throttle(settings: Mapping[str, Any]) -> Throttle | None:
    rate, burst = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
    if rate is None and burst is None:
        return None
    # Each is the account's own limit where only the other is given.
    return Throttle(
        rate=10_000.0 if rate is None else float(rate), burst=5_000 if burst is None else int(str(burst))
    )
