"""S3's refusals, in its XML.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html lists the codes and the statuses that go with
them; what is in `extra` varies with the code.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

from local_emulator.http1 import Response

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class S3Error(Exception):
    """A request that S3 refuses: nothing has been stored."""

    def __init__(self, status: int, code: str, message: str, **extra: object) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.extra = extra

    def response(self) -> Response:
        """The answer that says so; names in `extra` have hyphens there for underscores."""
        request_id = uuid.uuid4().hex[:16].upper()
        extra = {name.replace("_", "-"): value for name, value in self.extra.items()}
        elements = {"Code": self.code, "Message": self.message, **extra, "RequestId": request_id}
        return xml("Error", elements, self.status, [("x-amz-request-id", request_id)])


def access_denied(message: str = "Access Denied", **extra: object) -> S3Error:
    """The refusal of somebody who may not, or no longer."""
    return S3Error(403, "AccessDenied", message, **extra)


def invalid_argument(message: str, name: str, value: str = "") -> S3Error:
    """The refusal of one argument, by its name."""
    return S3Error(400, "InvalidArgument", message, ArgumentName=name, ArgumentValue=value)


def xml(
    root: str, elements: Mapping[str, object], status: int, headers: Iterable[tuple[str, str]] = ()
) -> Response:
    """A document of one level."""
    inside = "".join(f"<{name}>{_text(value)}</{name}>" for name, value in elements.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{inside}</{root}>'
    return Response(status, body.encode(), [("content-type", "application/xml"), *headers])


def _text(value: object) -> str:
    return escape(_NOT_IN_XML.sub("\ufffd", str(value)))
