"""The stages of an API: their variables, throttles and API keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_emulator.model import Stage, Throttle
from local_emulator.template.apis.apikeys import keys_of
from local_emulator.template.errors import TemplateError
from local_emulator.template.stack import Resource, Stack


def stages_of(stack: Stack, api: Resource, warnings: list[str]) -> list[Stage]:
    """The stages of a WebSocket or HTTP API.

    Raises:
        TemplateError: it has none.
    """
    api_id = stack.name(api.logical_id)
    stages = [
        _stage(stack, api_id, resource.properties, warnings)
        for resource in stack.of_type("AWS::ApiGatewayV2::Stage")
        if resource.properties.get("ApiId") == api_id
    ]
    if not stages:
        raise TemplateError("the API has no stage, so it has no URL")
    return stages


def _stage(stack: Stack, api_id: str, properties: Mapping[str, Any], warnings: list[str]) -> Stage:
    name = str(properties.get("StageName"))
    return Stage(
        name=name,
        variables=variables(properties.get("StageVariables")),
        default_throttle=throttle(properties.get("DefaultRouteSettings") or {}),
        route_throttles={
            str(route): found
            for route, settings in (properties.get("RouteSettings") or {}).items()
            if (found := throttle(settings)) is not None
        },
        api_keys=keys_of(stack, api_id, name, warnings),
    )


def variables(given: Any) -> dict[str, str]:
    """Stage variables as texts."""
    return {str(key): str(value) for key, value in (given or {}).items()}


def throttle(settings: Mapping[str, Any]) -> Throttle | None:
    """The token bucket that a stage's, a route's or a method's settings ask for, if they do."""
    rate, burst = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
    if rate is None and burst is None:
        return None
    # Each is the account's own limit where only the other is given.
    return Throttle(
        rate=10_000.0 if rate is None else float(rate), burst=5_000 if burst is None else int(str(burst))
    )
