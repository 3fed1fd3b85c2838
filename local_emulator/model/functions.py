"""Functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local_emulator.model.place import ACCOUNT_ID, REGION


@dataclass(frozen=True, kw_only=True)
class Asynchronous:
    """What Lambda does with an event for which no caller waits. Destinations are ARNs."""

    maximum_retries: int = 2
    maximum_age_seconds: int = 21_600
    on_success: str | None = None
    on_failure: str | None = None
    dead_letter: str | None = None


@dataclass(frozen=True, kw_only=True)
class Debugger:
    """Where a function's process listens for a debugger, on the loopback interface."""

    port: int
    waits: bool
    """Nothing is loaded before one has attached."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """An `AWS::Lambda::Function`."""

    logical_id: str
    name: str
    handler: str
    """`module.function`; slashes and dots both separate packages."""
    runtime: str
    """Such as `python3.11`."""
    code: Path
    """The folder that becomes LAMBDA_TASK_ROOT."""
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: int = 3
    memory_mb: int = 128
    layers: tuple[Path, ...] = ()
    reserved_concurrency: int | None = None
    asynchronous: Asynchronous = field(default_factory=Asynchronous)
    debugger: Debugger | None = None

    @property
    def arn(self) -> str:
        """The unqualified function ARN."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.name}"
