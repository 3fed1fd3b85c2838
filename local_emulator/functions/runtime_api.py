"""Lambda's Runtime API, version 2018-06-01: how runtime processes take invocations and answer them (case H1)."""

from __future__ import annotations

from local_emulator.functions import answers
from local_emulator.functions.environment import Environment
from local_emulator.functions.pool import Pool
from local_emulator.http1 import Request, Response

_ACCEPTED = Response.json({"status": "OK"}, 202)


class RuntimeApi:
    """Serves every environment of a pool; an environment's own path prefix tells it from the others."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def __call__(self, request: Request) -> Response:
        """Answers `/{environment}/2018-06-01/runtime/…`."""
        match [request.method, *request.path.strip("/").split("/")]:
            case [method, key, "2018-06-01", "runtime", *action]:
                environment = self._pool.environment(key)
                if environment is None:
                    return _error(403, "Forbidden", "this environment has ended")
                return await _act(environment, method, action, request)
        return _error(404, "NotFound", f"no such operation: {request.method} {request.path}")


async def _act(environment: Environment, method: str, action: list[str], request: Request) -> Response:
    match [method, *action]:
        case ["GET", "invocation", "next"]:
            return await _next(environment)
        case ["POST", "invocation", request_id, "response"]:
            if not environment.respond(request_id, request.body):
                return _error(400, "InvalidRequestID", "nothing waits for this answer")
            if len(request.body) > answers.MAX_PAYLOAD_BYTES:
                return _error(413, "RequestEntityTooLarge", "the answer exceeds Lambda's limit of 6 MB")
            return _ACCEPTED
        case ["POST", "invocation", request_id, "error"]:
            if not environment.fail(request_id, request.body):
                return _error(400, "InvalidRequestID", "nothing waits for this answer")
            return _ACCEPTED
        case ["POST", "init", "error"]:
            error_type = request.header("Lambda-Runtime-Function-Error-Type", "Runtime.Unknown")
            environment.fail_init(error_type, request.body)
            return _ACCEPTED
    return _error(404, "NotFound", f"no such operation: {request.method} {request.path}")


async def _next(environment: Environment) -> Response:
    invocation = await environment.next()
    headers = (
        ("Content-Type", "application/json"),
        ("Lambda-Runtime-Aws-Request-Id", invocation.request_id),
        ("Lambda-Runtime-Deadline-Ms", str(invocation.deadline_ms)),
        ("Lambda-Runtime-Invoked-Function-Arn", environment.function.arn),
        ("Lambda-Runtime-Trace-Id", invocation.trace_id),
    )
    return Response(200, invocation.payload, headers)


def _error(status: int, error_type: str, message: str) -> Response:
    return Response.json({"errorType": error_type, "errorMessage": message}, status)
