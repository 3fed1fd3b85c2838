"""Reads a SAM or CloudFormation template and says what is to be run.

`load` is imported when it is first asked for: AWS's translator takes half a second.
"""

from typing import TYPE_CHECKING, Any

from local_emulator.template.errors import TemplateError

if TYPE_CHECKING:
    from local_emulator.template.loader import load

__all__ = ["TemplateError", "load"]


def __getattr__(name: str) -> Any:
    if name != "load":
        raise AttributeError(name)
    from local_emulator.template.loader import load

    return load
