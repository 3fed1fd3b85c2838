"""Writes reports; the words come from a layer."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
from wording import phrases


def report(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What the template decided, in a language, with its audit where there is one."""
    language = event["pathParameters"]["language"]
    boto3.client("s3").put_object(Bucket=f"local-archive-{language}", Key="latest", Body=b"report")
    names = ("STAGE", "WORDS", "ZONES", "MODE", "LANGUAGES", "COUNT", "NETWORK", "SECRET")
    decided = {name: os.environ[name] for name in names}
    return {
        "statusCode": 200,
        "body": json.dumps(
            {
                **decided,
                "title": phrases.TITLES[language],
                "memory": context.memory_limit_in_mb,
                "audit": audited(language),
            }
        ),
    }


def audited(language: str) -> Any:
    name = os.environ.get("AUDIT")
    if name is None:
        return None
    answer = boto3.client("lambda").invoke(FunctionName=name, Payload=json.dumps({"language": language}))
    return json.loads(answer["Payload"].read())
