"""Work ids from the command line or a file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

MAX_WORKS = 10_000


class InputError(Exception):
    """What was given cannot be used; the text says what to do."""


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
