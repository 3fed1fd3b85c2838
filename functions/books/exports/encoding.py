"""From bytes to text, whatever wrote them.

Exports are UTF-8. Spreadsheets save them again as Windows-1252 or UTF-16, and LibraryThing mixes a few bytes of a
library's own encoding into its UTF-8: those become replacement characters, and all the rest stays readable.
"""

from __future__ import annotations

import codecs

from books.exports.errors import NotTextError

_DOCUMENTS = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"%PDF": "a PDF",
    b"{\\rtf": "a rich text document",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"\x1f\x8b": "a compressed file (gzip)",
    b"7z\xbc\xaf": "an archive (7z)",
    b"Rar!": "an archive (RAR)",
}
"""By the bytes with which they begin."""
_ZIP = b"PK\x03\x04"
_ZIPPED = {
    b"xl/": "an Excel workbook (.xlsx)",
    b"opendocument": "an OpenDocument file",
    b"Index/": "a Numbers or Pages document",
}
"""Documents that are ZIP archives, by what is in them."""
_NOT_ASCII = bytes(range(0x80, 0x100))
_CONTROLS = "".join(map(chr, [*range(1, 9), *range(14, 32)]))


def decode(data: bytes) -> str:
    """The text, without a byte order mark. What is broken in it becomes U+FFFD.

    Raises:
        NotTextError: it is none.
    """
    if what := _document(data):
        raise _not_text(f"this is {what}, not a CSV file")
    text = _decode(data)
    if "\0" in text or sum(map(text.count, _CONTROLS)) * 20 > len(text):
        raise _not_text("this is not a text file")
    return text


def _not_text(what: str) -> NotTextError:
    return NotTextError(f"{what}: export or save the library as CSV, and send that file")


def _document(data: bytes) -> str | None:
    if data.startswith(_ZIP):
        return next((what for mark, what in _ZIPPED.items() if mark in data), "a ZIP archive")
    return next((what for magic, what in _DOCUMENTS.items() if data.startswith(magic)), None)


def _decode(data: bytes) -> str:
    if data.startswith(codecs.BOM_UTF8):
        return data[3:].decode("utf-8", "replace")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    if (unmarked := _utf16_without_mark(data[:64])) is not None:
        return data.decode(unmarked, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("utf-8" if _mostly_utf8(data) else "cp1252", "replace")


def _utf16_without_mark(start: bytes) -> str | None:
    """Every header begins with Latin letters, of which UTF-16 makes a letter and a NUL, or a NUL and a letter."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if odd and not even and odd * 4 > len(start):
        return "utf-16-le"
    if even and not odd and even * 4 > len(start):
        return "utf-16-be"
    return None


def _mostly_utf8(data: bytes) -> bool:
    """Text in Windows-1252 has hardly ever two bytes in a row that make a character of UTF-8; one such for four
    broken bytes is no accident."""
    kept = data.decode("utf-8", "ignore")
    sound = len(kept) - len(data.translate(None, _NOT_ASCII))
    broken = data.decode("utf-8", "replace").count("\ufffd") - kept.count("\ufffd")
    return sound * 4 >= broken
