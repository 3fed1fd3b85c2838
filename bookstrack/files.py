"""Files that a job takes, looked at before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from bookstrack.errors import InputError

MAX_CSV_BYTES = 5 * 1024 * 1024
MAX_PHOTO_BYTES = 20 * 1024 * 1024
MAX_BODY_BYTES = 4_500_000
"""Of a body that is no text: API Gateway hands it to Lambda as base64, within 6 MB."""


def csv_of(data: bytes | Path) -> bytes:
    """The bytes of a CSV file.

    Raises:
        InputError: they cannot be read, are none, or too many.
    """
    content = _content(data, MAX_CSV_BYTES, "send it in parts, each with the first line")
    if len(content) > MAX_BODY_BYTES and not is_utf8(content):
        raise InputError(
            f"{_name(data)} is not UTF-8 text, and {_megabytes(MAX_BODY_BYTES)} of another encoding can be sent: "
            "save it as UTF-8, or send it in parts, each with the first line"
        )
    return content


def photo_of(data: bytes | Path) -> bytes:
    """The bytes of a photo.

    Raises:
        InputError: they cannot be read, are none, or too many.
    """
    return _content(data, MAX_PHOTO_BYTES, "make it smaller")


def read_bounded(stream: BinaryIO, most: int) -> bytes:
    """What is in a stream, and one byte more than `most` where there is more than that."""
    found = bytearray()
    while len(found) <= most and (part := stream.read(most + 1 - len(found))):
        found += part
    return bytes(found)


def is_utf8(content: bytes) -> bool:
    """Whether it is text in UTF-8."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def photo_type(content: bytes) -> str | None:
    """The media type that a photo's first bytes tell; None where it is none of those that can be read."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        return _HEIF_BRANDS[content[8:12]]
    return None


_HEIF_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "image/heic"),
    **dict.fromkeys((b"mif1", b"msf1"), "image/heif"),
}
"""ISO/IEC 23008-12: `heic` and its kin are coded with HEVC, `mif1` and `msf1` with anything."""


def _content(data: bytes | Path, most: int, advice: str) -> bytes:
    if isinstance(data, Path):
        try:
            with data.open("rb") as file:
                content = read_bounded(file, most)
        except OSError as error:
            raise InputError(f"{data} cannot be read: {error.strerror}") from error
    else:
        content = data
    if not content:
        raise InputError(f"{_name(data)} is empty")
    if len(content) > most:
        raise InputError(f"{_name(data)} has more than {_megabytes(most)}: {advice}")
    return content


def _name(data: bytes | Path) -> str:
    return str(data) if isinstance(data, Path) else "the input"


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:.3g} MB" if count % (1024 * 1024) else f"{count // (1024 * 1024)} MB"
