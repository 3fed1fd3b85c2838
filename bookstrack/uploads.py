"""Uploads a photo by the form that the server signed: a multipart POST to the storage itself.

The storage reads the fields of a form up to its file and ignores what follows, so the file stands last
(https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import httpx

from bookstrack.errors import ProtocolError, StorageError
from bookstrack.transport import Transport
from bookstrack.values import mapping

_MESSAGE = re.compile(r"<Message>([^<]+)</Message>")


@dataclass(frozen=True)
class Form:
    """Where a photo goes, and the fields that allow it."""

    url: str
    fields: dict[str, str]

    @classmethod
    def parse(cls, value: object) -> Form:
        """The form in the answer to POST /api/uploads.

        Raises:
            ProtocolError: it is none.
        """
        upload = mapping(value) or {}
        url, fields = upload.get("url"), mapping(upload.get("fields"))
        if not isinstance(url, str) or not url.startswith(("http://", "https://")) or fields is None:
            raise ProtocolError("the answer to an upload has no form")
        return cls(url, {name: str(field) for name, field in fields.items()})


async def post_form(transport: Transport, form: Form, photo: bytes, content_type: str) -> None:
    """Sends the photo.

    Raises:
        StorageError: the storage refuses it.
        UnreachableError: it does not answer.
    """
    # httpx writes the fields before the files.
    files = {"file": ("photo", photo, content_type)}
    response = await transport.send("POST", form.url, data=form.fields, files=files)
    if not response.is_success:
        raise StorageError(response.status_code, _reason(response))


def _reason(response: httpx.Response) -> str:
    """What S3 says in its XML, or the status."""
    found = _MESSAGE.search(response.text)
    return html.unescape(found[1]) if found else f"HTTP status {response.status_code}"
