"""The routes that need nothing but Python."""

from __future__ import annotations

from typing import Any


def connect(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`$connect`: everybody may."""
    return {"statusCode": 200}


def disconnect(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`$disconnect`: nothing is kept."""
    return {"statusCode": 200}


def echo(event: dict[str, Any], context: object) -> dict[str, Any]:
    """A route response: the message itself."""
    return {"statusCode": 200, "body": event["body"]}
