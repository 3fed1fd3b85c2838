"""What a person is told of a template that runs, though not all of it as on AWS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from local_emulator.model import Function
from local_emulator.template.language.source import Source

_DYNAMIC = re.compile(r"\{\{resolve:[^}]+\}\}")
_FIRST_WORD = re.compile(r"[A-Za-z0-9]+")


def unresolved(functions: Iterable[Function]) -> Iterator[str]:
    """A note for each variable with a dynamic reference, which would be looked up in AWS."""
    for function in functions:
        for name, value in function.environment.items():
            found = _DYNAMIC.search(value)
            if found:
                yield (
                    f"{function.logical_id}: {found[0]} is not looked up, so that the variable {name} has it as it "
                    "stands: give a value with --env-vars"
                )


def with_line(note: str, source: Source) -> str:
    """A note that begins with a resource's logical id, with the line of that resource."""
    found = _FIRST_WORD.match(note)
    line = source.line_of(found[0]) if found else None
    return f"{note} (line {line})" if line else note
