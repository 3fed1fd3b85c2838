"""From bytes to text, whatever wrote them.

Exports are UTF-8. Spreadsheets save them again as Windows-1252 or UTF-16, and LibraryThing mixes a few bytes of a
library's own encoding into its UTF-8: those become replacement characters, and all the rest stays readable.
"""

from __future__ import annotations

import codecs

from books.exports.errors import NotTextError

_SAVE_AS_CSV = "open it in the program that made it, save it as CSV, and send that file"
_BINARY = {
    b"\xd0\xcf\x11\xe0": f"this is an old Excel workbook (.xls), not a CSV file: {_SAVE_AS_CSV}",
    b"%PDF": f"this is a PDF, not a CSV file: {_SAVE_AS_CSV}",
    b"{\\rtf": f"this is a rich text document, not a CSV file: {_SAVE_AS_CSV}",
    b"\x89PNG": "this is a picture (PNG), not a CSV file: export the library as CSV and send that file",
    b"\xff\xd8\xff": "this is a picture (JPEG), not a CSV file: export the library as CSV and send that file",
    b"GIF8": "this is a picture (GIF), not a CSV file: export the library as CSV and send that file",
    b"\x1f\x8b": "this is a compressed file (gzip), not a CSV file: unpack it and send the CSV file in it",
    b"7z\xbc\xaf": "this is an archive (7z), not a CSV file: unpack it and send the CSV file in it",
    b"Rar!": "this is an archive (RAR), not a CSV file: unpack it and send the CSV file in it",
}
_ZIP = b"PK\x03\x04"
_ARCHIVE = "this is a ZIP archive, not a CSV file: unpack it and send the CSV file in it"
_WORKBOOKS = {
    b"xl/": f"this is an Excel workbook (.xlsx), not a CSV file: {_SAVE_AS_CSV}",
    b"[Content_Types].xml": f"this is an Office document, not a CSV file: {_SAVE_AS_CSV}",
    b"opendocument": f"this is an OpenDocument file, not a CSV file: {_SAVE_AS_CSV}",
    b"Index/": f"this is a Numbers or Pages document, not a CSV file: {_SAVE_AS_CSV}",
}
"""What is inside a ZIP archive that is a document."""
_NO_TEXT = "this is not a text file: export the library as CSV and send that file"
_NOT_ASCII = bytes(range(0x80, 0x100))
_CONTROLS = "".join(map(chr, [*range(1, 9), *range(14, 32)]))


def decode(data: bytes) -> str:
    """The text, without a byte order mark.

    Raises:
        NotTextError: it is none.
    """
    _refuse_documents(data)
    text = _decode(data)
    if "\0" in text or sum(map(text.count, _CONTROLS)) * 20 > len(text):
        raise NotTextError(_NO_TEXT)
    return text


def _refuse_documents(data: bytes) -> None:
    for magic, message in _BINARY.items():
        if data.startswith(magic):
            raise NotTextError(message)
    if data.startswith(_ZIP):
        raise NotTextError(next((text for mark, text in _WORKBOOKS.items() if mark in data), _ARCHIVE))


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
