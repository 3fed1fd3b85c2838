"""docs/client.md: its examples run, and its tables are the code's."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from bookstrack.close_codes import CLOSE_CODES, UPGRADE_STATUSES, Row
from tests.e2e.conftest import System

PAGE = Path(__file__).parents[2] / "docs/client.md"
TEXT = PAGE.read_text(encoding="utf-8")
URL = "http://localhost:3000"
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = re.findall(r"^\$ (.+)$", TEXT, re.MULTILINE)


def whole(example: str) -> str:
    """A program: what stands alone, or what stands inside an `async with`."""
    if "asyncio.run(" in example:
        return example
    inside = textwrap.indent(example, " " * 8)
    return (
        "import asyncio, bookstrack\n"
        f"async def main():\n    async with bookstrack.connect({URL!r}) as client:\n{inside}\n"
        "asyncio.run(main())\n"
    )


def outcome(command: list[str], system: System) -> str:
    """What a program prints that ends well."""
    environment = {**os.environ, "BOOKSTRACK_URL": system.stack.url}
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, env=environment)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


SAID = ["completed 2 found", "'completed', 'completed', 'completed'", "1", "cancelled", "422", "completed"]


@pytest.mark.parametrize(("example", "said"), list(zip(EXAMPLES, SAID, strict=True)))
def test_every_example_runs(system: System, example: str, said: str) -> None:
    """With this system's address in place of the usual one."""
    program = whole(example).replace(URL, system.stack.url)

    assert said in outcome([sys.executable, "-c", program], system)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(system: System, command: str) -> None:
    """And ends with status 0."""
    name, *arguments = shlex.split(command)

    assert "bookstrack" == name
    assert outcome([sys.executable, "-m", name, *arguments], system)


@pytest.mark.parametrize(
    ("name", "rows"), [("close code", CLOSE_CODES), ("upgrade status", UPGRADE_STATUSES)]
)
def test_the_tables_are_those_of_the_code(name: str, rows: tuple[Row, ...]) -> None:
    """Row by row, in the same words."""
    _, _, table = TEXT.partition(f"\n| {name} |")
    _, _, *shown = table.partition("\n\n")[0].splitlines()

    assert [described(row) for row in rows] == shown


def described(row: Row) -> str:
    """As the page has it."""
    numbers = str(row.first) if row.first == row.last else f"{row.first}–{row.last}"
    return f"| {numbers} | {row.meaning} | {row.action.value} |"
