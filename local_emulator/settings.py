"""How an emulator is to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local_emulator.faults.rules import Rule
from local_emulator.functions.pool import IDLE_SECONDS


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything but the template has a default that suits tests."""

    template: Path
    data_folder: Path
    """Keeps the local certificate authority and translated templates between runs."""
    host: str = "localhost"
    port: int = 0
    """0 takes a free one."""
    parameter_overrides: Mapping[str, str] = field(default_factory=dict)
    env_vars: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """SAM CLI's form: variables by logical id, and under `Parameters` those for every function; they replace and add
    to the template's."""
    idle_timeout: float = 600.0
    max_duration: float = 7200.0
    """Of a WebSocket connection, in seconds; API Gateway's quotas."""
    environment_idle_seconds: float = IDLE_SECONDS
    """How long a function's process waits for its next invocation before it is ended."""
    faults: Sequence[Rule] = ()
    """In force from the start."""
    record: Path | None = None
    """A file to write down in what clients send and get (see `journal`)."""
    watch: bool = False
    """Takes up changed code and a changed template while it runs."""
    serves: bool = True
    """Without, no event source is polled, and a template in which nothing would ever run will do."""
    debug: tuple[int, Sequence[str]] | None = None
    """A port, and the functions to wait for a debugger, or none for all."""
