"""Tells an AWS service that cannot answer now from a request that is wrong."""

from __future__ import annotations

from botocore import exceptions
from botocore.exceptions import ClientError

_THROTTLED = (
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "TransactionInProgressException",
)
"""DynamoDB's errors of status 400 that its guide ("Error handling with DynamoDB") calls worth another try."""


def is_outage(error: BaseException) -> bool:
    """Whether the same request may succeed in a while: throttled, a 5xx, or no answer, after all the SDK's attempts."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or error.response["Error"]["Code"] in _THROTTLED
    return isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError)
