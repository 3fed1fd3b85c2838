"""A real deployment of the suite's template, found by CloudFormation with the usual AWS credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.conformance.target import Target


class DeployedTarget(Target):
    """AWS."""

    @property
    def local(self) -> bool:
        return False

    def make_client(self, service: str, **options: Any) -> Any:
        client: Any = boto3.client
        return client(service, **options)

    def log_lines(self, function: str) -> list[str]:
        logs = self.client("logs")
        name = self.outputs[f"{function}Name"]
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
        return [event["message"].rstrip("\n") for page in pages for event in page["events"]]


def deployed(name: str) -> DeployedTarget:
    """The deployment with that stack name, or with that URL as its output HttpUrl.

    Raises:
        pytest.UsageError: there is none, or nobody may ask.
    """
    try:
        return DeployedTarget(_outputs(name))
    except (BotoCoreError, ClientError) as error:
        raise pytest.UsageError(f"--target {name}: {error}") from error


def _outputs(name: str) -> Mapping[str, str]:
    cloudformation = boto3.client("cloudformation")
    by_url = name.startswith("https://")
    pages = cloudformation.get_paginator("describe_stacks").paginate(
        **({} if by_url else {"StackName": name})
    )
    for page in pages:
        for stack in page["Stacks"]:
            outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
            if "SocketUrl" in outputs and (not by_url or outputs.get("HttpUrl") == name.rstrip("/")):
                return outputs
    raise pytest.UsageError(
        f"--target {name}: no such deployment of tests/conformance/template.yaml in this account and region"
    )
