"""Where the store is asked what no AWS service would answer.

No bucket can have these names, so that S3, which alone has free paths here, loses nothing.
"""

FAULTS = "/_faults"
QUEUES = "/_queues/"
REQUESTS = "/_requests"
