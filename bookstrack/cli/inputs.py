"""What a command is given: ids, files and standard input, and where it may write."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bookstrack.errors import InputError
from bookstrack.files import MAX_CSV_BYTES, MAX_PHOTO_BYTES, csv_of, photo_of, read_bounded

MAX_WORKS = 10_000


def read_ids(arguments: Sequence[str], file: str | None) -> list[str]:
    """The ids given, then those of the file: one a line, `#` begins a comment; `-` is standard input.

    Raises:
        InputError: the file cannot be read, or there are no ids, or more than 10,000.
    """
    ids = [text.strip() for text in arguments if text.strip()]
    if file is not None:
        ids += _lines(_text(file))
    if not ids:
        raise InputError("there is no id: give some, or a file with one on each line (--file)")
    if len(ids) > MAX_WORKS:
        raise InputError(f"{len(ids):,} ids are too many for one job: at most {MAX_WORKS:,}; split the file")
    return ids


def read_csv(file: str) -> bytes:
    """A CSV file; `-` is standard input.

    Raises:
        InputError: it cannot be read, is empty, or too large.
    """
    return csv_of(_given(file, MAX_CSV_BYTES))


def read_photo(file: str) -> bytes:
    """A photo; `-` is standard input.

    Raises:
        InputError: it cannot be read, is empty, or too large.
    """
    return photo_of(_given(file, MAX_PHOTO_BYTES))


def check_output(path: Path) -> None:
    """Looks whether a file can be written, before there is anything to lose.

    Raises:
        InputError: it cannot.
    """
    target = path if path.exists() else path.parent
    if path.is_dir():
        raise InputError(f"{path} cannot be written: it is a directory")
    if not target.exists():
        raise InputError(f"{path} cannot be written: there is no directory {path.parent}")
    if not os.access(target, os.W_OK):
        raise InputError(f"{path} cannot be written: permission denied")


def save(path: Path, content: bytes) -> None:
    """Writes a file.

    Raises:
        InputError: it cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error


def _given(file: str, most: int) -> bytes | Path:
    return read_bounded(sys.stdin.buffer, most) if file == "-" else Path(file)


def _text(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8 text: a file with one id on each line is wanted") from error


def _lines(text: str) -> list[str]:
    found = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in found if line]
