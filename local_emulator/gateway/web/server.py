"""What serving an HTTP API and serving a REST API have in common."""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from local_emulator.faults import Faults
from local_emulator.gateway.integrations import Integrations
from local_emulator.gateway.throttle import Throttles
from local_emulator.http1 import Request, Response
from local_emulator.invocation import Invoker
from local_emulator.model import HttpApi, RestApi
from local_emulator.observer import NOBODY, Observer

logger = logging.getLogger(__name__)

Api = TypeVar("Api", HttpApi, RestApi)

MAX_BODY_BYTES = 10 * 1024 * 1024
"""API Gateway's quota for a request (case G8)."""
MAX_EVENT_BYTES = 6 * 1024 * 1024
"""Lambda's quota for a synchronous event; a body that is base64 in it counts as such."""


class WebApiServer(ABC, Generic[Api]):
    """Answers requests, and logs a line for each."""

    def __init__(
        self,
        api: Api,
        invoker: Invoker,
        *,
        domain_name: str,
        faults: Faults | None = None,
        observer: Observer = NOBODY,
    ) -> None:
        self.api: Api = api
        self._faults = faults or Faults()
        self._observer = observer
        self._invoker = invoker
        self._domain_name = domain_name
        self._throttles = Throttles(api.stage)
        self._integrations = Integrations(invoker)

    async def stop(self) -> None:
        """Closes the connections to HTTP backends."""
        await self._integrations.stop()

    async def __call__(self, request: Request) -> Response:
        started = time.perf_counter()
        response = await self._respond(request)
        duration_ms = (time.perf_counter() - started) * 1000
        self._observer.answered(self.api.logical_id, request, response)
        logger.info(
            "%s %s %d %.0f ms",
            request.method,
            request.path,
            response.status,
            duration_ms,
            extra={
                "kind": "http",
                "status": response.status,
                "duration_ms": duration_ms,
                "size": len(response.body),
                "api": self.api.logical_id,
            },
        )
        return response

    @abstractmethod
    async def _respond(self, request: Request) -> Response:
        """What the client gets."""
