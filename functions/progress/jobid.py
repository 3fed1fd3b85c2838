"""Job ids: UUIDs that clients make (they connect before they start a job), in one spelling."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_JOB_ID = re.compile(_PATTERN, re.IGNORECASE)

JobId = Annotated[
    str,
    # Documented, not checked by it: `parse_job_id` says better what is wrong.
    Meta(extra_json_schema={"format": "uuid", "pattern": f"^{_PATTERN.replace('a-f', 'a-fA-F')}$"}),
]


def parse_job_id(text: str) -> str:
    """A job id in its one spelling, lower case.

    Raises:
        ValueError: it is not a UUID; the text goes on after "jobId".
    """
    if not _JOB_ID.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is not a UUID such as 550e8400-e29b-41d4-a716-446655440000")
    return text.lower()
