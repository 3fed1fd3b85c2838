"""Node.js handlers: the interpreter that is there, and AWS's own runtime interface client (`aws-lambda-ric`)."""

from local_emulator.nodejs.interpreter import RUNTIMES, NodeJsError
from local_emulator.nodejs.runtime import advice, command, is_nodejs, prepare, variables, version_warning

__all__ = [
    "RUNTIMES",
    "NodeJsError",
    "advice",
    "command",
    "is_nodejs",
    "prepare",
    "variables",
    "version_warning",
]
