"""Faults at a request to an HTTP or REST API."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from local_emulator.faults import Faults
from local_emulator.http1 import Response


async def suffer(faults: Faults, api: str, route_key: str) -> Response | None:
    """The answer that a fault gives; None where there is none, or the request has only been held up."""
    fault = faults.decide("http", api=api, route_key=route_key)
    if fault is None:
        return None
    if fault.action == "delay":
        await asyncio.sleep(fault["seconds"])
        return None
    status = fault["status"]
    known = HTTPStatus(status) if status in set(HTTPStatus) else HTTPStatus.INTERNAL_SERVER_ERROR
    return Response.json({"message": known.phrase}, status)
