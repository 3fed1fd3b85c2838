"""What template.yaml serves."""

from __future__ import annotations

from typing import Any

from samtranslator.yaml_helper import yaml_parse

from tools.contracts import ROOT

Route = tuple[str, str]
"""A method and a path, such as `("GET", "/api/jobs/{jobId}")`."""


def routes() -> list[Route]:
    """The HTTP API's routes, in the template's order."""
    events = [
        event["Properties"]
        for resource in _resources().values()
        if resource["Type"] == "AWS::Serverless::Function"
        for event in resource["Properties"].get("Events", {}).values()
        if event["Type"] == "HttpApi"
    ]
    return [(event["Method"], event["Path"]) for event in events]


def socket_path() -> str:
    """Where the WebSocket API is served beside the HTTP API's paths."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    paths: dict[str, str] = template["Metadata"]["LocalEmulator"]["Paths"]
    return next(path for path, api in paths.items() if api == "WebSocketApi")


def _resources() -> dict[str, Any]:
    resources: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    return resources
