"""What a person can mend."""

from __future__ import annotations


class EmulatorError(Exception):
    """Something is not as it must be; the message says what, and what to do. The command line shows no stack of it."""


class StartError(EmulatorError):
    """The emulator cannot start as it was asked to."""
