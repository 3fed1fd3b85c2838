"""What can go wrong while a photo is read."""

from __future__ import annotations


class PhotoError(ValueError):
    """The photo cannot be used, now or ever; the text is fit for the person who sent it."""


class ReaderBusyError(Exception):
    """The reader could not say now; asked again in a while, it may. The text says why."""


class ReaderError(Exception):
    """The reader will not answer for this photo, however often it is asked; the text says why."""
