"""What a start does without."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = (
    "airspeed",
    "boto3",
    "debugpy",
    "httpx",
    "jsonschema",
    "jwt",
    "moto",
    "rich",
    "samtranslator",
    "watchfiles",
)


@pytest.mark.parametrize(
    ("module", "not_yet"),
    [
        ("local_emulator.command_line.commands", (*SLOW, "trustme", "yaml")),
        ("local_emulator.emulator, local_emulator.loading", SLOW),
    ],
    ids=["before-the-store-starts", "while-it-starts"],
)
def test_what_is_slow_is_imported_where_it_is_needed(module: str, not_yet: tuple[str, ...]) -> None:
    """The store's process starts first; and what a template does not ask for is not waited for."""
    code = f"import sys, {module}; print(*sorted(set({not_yet!r}) & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)

    assert done.stdout.split() == []
