"""$connect: records the connection before the upgrade is answered, so that its first message finds it.

Reads the query (`jobId`, optional), writes CONN#id | META, answers 200, or 400 for a job id that is none. Nothing
can be posted to a connection before this has returned; watching begins with `ready`, in `message`.
"""

from __future__ import annotations

from typing import Any

from progress.clock import now_ms
from progress.connections import Connection
from progress.identity import principal
from progress.jobid import parse_job_id
from progress.log import identify, logger, observed
from progress.wiring import connections


@observed
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    request = event["requestContext"]
    connection_id = request["connectionId"]
    identify(connectionId=connection_id)
    named = (event.get("queryStringParameters") or {}).get("jobId")
    try:
        job_id = parse_job_id(named) if named is not None else None
    except ValueError as error:
        logger.info("Connection refused", extra={"reason": str(error)})
        return {"statusCode": 400, "body": f"jobId {error}"}
    identify(jobId=job_id)
    connections().open(
        Connection(
            connection_id=connection_id,
            endpoint=f"https://{request['domainName']}/{request['stage']}",
            principal=principal(request),
            connected_at=request.get("connectedAt") or now_ms(),
            job_id=job_id,
        ),
        origin=_header(event, "origin"),
    )
    logger.info("Connected")
    return {"statusCode": 200}


def _header(event: dict[str, Any], name: str) -> str | None:
    return next((value for key, value in (event.get("headers") or {}).items() if key.lower() == name), None)
