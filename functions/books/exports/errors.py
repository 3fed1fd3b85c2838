"""Why a whole file cannot be used. A single bad row is no error: it is rejected, and the others are read.

ExportError
├── NotTextError         a workbook, a picture, an archive: anything but text
├── EmptyError           nothing in it
├── TooLargeError        too many bytes
│   └── TooManyError     too many rows or columns
└── UnknownColumnsError  neither a title nor an ISBN to look up
"""

from __future__ import annotations


class ExportError(ValueError):
    """The whole file is unusable; the text is fit for the person who sent it, and says what to do."""


class NotTextError(ExportError):
    """It is no text, whatever its name says."""


class EmptyError(ExportError):
    """There is nothing in it."""


class TooLargeError(ExportError):
    """It is larger than may be sent at once."""


class TooManyError(TooLargeError):
    """Its bytes are few enough, its rows or columns are not."""


class UnknownColumnsError(ExportError):
    """No column is known to hold a title or an ISBN."""
