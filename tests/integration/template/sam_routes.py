"""Prints, as JSON, the HTTP routes that `sam local start-api` would serve. Runs in SAM CLI's own environment."""

from __future__ import annotations

import json
import sys

from samcli.lib.providers.api_provider import ApiProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

stacks, _ = SamLocalStackProvider.get_stacks(sys.argv[1])
routes = ApiProvider(stacks).routes
print(
    json.dumps(
        sorted([method, route.path, route.function_name] for route in routes for method in route.methods)
    )
)
