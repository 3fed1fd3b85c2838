"""What is wrong with a template."""

from __future__ import annotations

from local_emulator.errors import EmulatorError


class TemplateError(EmulatorError):
    """A template that cannot be run here, and why.

    `resource` is a logical id, `line` the line (from 1) on which the template declares it, both where known.
    """

    def __init__(self, message: str, resource: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.resource = resource
        self.line = line

    def __str__(self) -> str:
        where = f"{self.resource}: " if self.resource else ""
        at = f" (line {self.line})" if self.line else ""
        return f"{where}{self.message}{at}"
