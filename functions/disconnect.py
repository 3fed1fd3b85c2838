"""$disconnect: forgets the connection and all that it watched.

Best effort on API Gateway's side: it may never come, so rows also expire, and the first post to a dead connection
forgets it too. Answers 200, which nobody reads.
"""

from __future__ import annotations

from typing import Any

from progress.log import identify, logger, observed
from progress.wiring import connections


@observed
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    request = event["requestContext"]
    identify(connectionId=request["connectionId"])
    connections().remove(request["connectionId"])
    logger.info("Disconnected", extra={"closeCode": request.get("disconnectStatusCode")})
    return {"statusCode": 200}
