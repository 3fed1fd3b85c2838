"""A browser's upload form: `multipart/form-data` read as S3 reads it.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html: the file is the part called `file`; what
comes after it is ignored; what comes before it may take 20 KB; `${filename}` in any field stands for the file's
name, without its folders; fields of one name are joined by commas. Names of fields have no case
(https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html). Where a file comes without a name,
S3 leaves `${filename}` as it is, other than the page says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from local_emulator.store.server.s3.errors import S3Error, invalid_argument

_MAX_BYTES_BEFORE_FILE = 20 * 1024
_MAX_PARTS = 1000
"""More parts than fit before a file; those after it are ignored, and need not be read without end."""
_CHUNK_BYTES = 64 * 1024
_FILENAME = "${filename}"


@dataclass(frozen=True)
class Form:
    """What a form holds: its fields by lower-case names, with the file's name already in them, and the file."""

    fields: dict[str, str]
    content: bytes


def parse(content_type: str, body: bytes) -> Form:
    """Reads a request's body.

    Raises:
        S3Error: PreconditionFailed, MalformedPOSTRequest, MaxPostPreDataLengthExceeded, InvalidArgument.
    """
    kind, options = parse_options_header(content_type)
    if kind.lower() != "multipart/form-data":
        raise S3Error(
            412,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
            Condition="Bucket POST must be of the enclosure-type multipart/form-data",
        )
    if not options.get("boundary"):
        _malformed()
    reading = _Reading(options["boundary"].encode(), body)
    try:
        reading.run()
    except (ValueError, RequestEntityTooLarge):
        _malformed()
    if len(reading.files) != 1:
        message = "POST requires exactly one file upload per request."
        raise invalid_argument(message, "file", str(len(reading.files)))
    ((filename, content),) = reading.files
    return Form(_expanded(reading.fields, filename), content)


def _malformed() -> NoReturn:
    message = "The body of your POST request is not well-formed multipart/form-data."
    raise S3Error(400, "MalformedPOSTRequest", message)


class _Reading:
    def __init__(self, boundary: bytes, body: bytes) -> None:
        self._decoder = MultipartDecoder(boundary, max_parts=_MAX_PARTS)
        self._body = memoryview(body)
        self._fed = 0
        self.fields: list[tuple[str, bytes]] = []
        self.files: list[tuple[str | None, bytes]] = []

    def run(self) -> None:
        part: Field | File | None = None
        chunks: list[bytes] = []
        for event in self._events():
            if isinstance(event, Field | File):
                part, chunks = event, []
                self._bound()
            elif isinstance(event, Data) and part is not None:
                # Of a second file only that it is there counts.
                if not self.files:
                    chunks.append(event.data)
                    if part.name != "file":
                        self._bound()
                if not event.more_data:
                    self._take(part, b"".join(chunks))

    def _events(self) -> Iterator[object]:
        while True:
            event = self._decoder.next_event()
            if isinstance(event, Epilogue):
                return
            if not isinstance(event, NeedData):
                yield event
            if isinstance(event, NeedData) or (isinstance(event, Data) and event.more_data):
                self._feed()

    def _feed(self) -> None:
        chunk = bytes(self._body[self._fed : self._fed + _CHUNK_BYTES])
        self._decoder.receive_data(chunk or None)
        self._fed += len(chunk)

    def _bound(self) -> None:
        read = self._fed - len(self._decoder.buffer)
        if not self.files and read > _MAX_BYTES_BEFORE_FILE:
            raise S3Error(
                400,
                "MaxPostPreDataLengthExceeded",
                "Your POST request fields preceeding the upload file was too large.",
                MaxPostPreDataLengthBytes=_MAX_BYTES_BEFORE_FILE,
            )

    def _take(self, part: Field | File, content: bytes) -> None:
        if part.name == "file":
            self.files.append((part.filename if isinstance(part, File) else None, content))
        elif not self.files:
            self.fields.append((str(part.name or ""), content))


def _expanded(parts: list[tuple[str, bytes]], filename: str | None) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, content in parts:
        try:
            value = content.decode()
        except UnicodeDecodeError as error:
            raise invalid_argument("Malformed Unicode code sequence in the field.", "formField") from error
        if filename is not None:
            value = value.replace(_FILENAME, re.split(r"[/\\]", filename)[-1])
        name = name.lower()
        fields[name] = f"{fields[name]},{value}" if name in fields else value
    return fields
