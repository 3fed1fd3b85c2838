"""API keys, as usage plans give them to stages.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
"""

from __future__ import annotations

from local_emulator.template.stack import Resource, Stack


def keys_of(stack: Stack, api_id: str, stage: str, warnings: list[str]) -> dict[str, str]:
    """The keys of a stage's usage plans: value to id. A key without a value of its own gets its id as value."""
    plans = {
        stack.name(plan.logical_id)
        for plan in stack.of_type("AWS::ApiGateway::UsagePlan")
        if _is_for(plan, api_id, stage)
    }
    for plan in stack.of_type("AWS::ApiGateway::UsagePlan"):
        for ignored in ("Quota", "Throttle"):
            said = f"{plan.logical_id}: the {ignored} of a usage plan is not emulated"
            if plan.properties.get(ignored) and said not in warnings:
                warnings.append(said)
    keys = {stack.name(key.logical_id): key for key in stack.of_type("AWS::ApiGateway::ApiKey")}
    members = {
        str(member.properties.get("KeyId"))
        for member in stack.of_type("AWS::ApiGateway::UsagePlanKey")
        if member.properties.get("UsagePlanId") in plans
    }
    return {
        str(key.properties.get("Value") or key_id): key_id
        for key_id, key in keys.items()
        if key_id in members and str(key.properties.get("Enabled", True)).lower() == "true"
    }


def _is_for(plan: Resource, api_id: str, stage: str) -> bool:
    return any(
        place.get("ApiId") == api_id and place.get("Stage") == stage
        for place in plan.properties.get("ApiStages") or []
    )
