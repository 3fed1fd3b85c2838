"""The emulator's function processes, as the operating system sees them."""

from __future__ import annotations

from pathlib import Path


def function_processes(emulator_pid: int, handler: str) -> list[int]:
    """Process ids of the runtimes below `emulator_pid` that serve `handler`."""
    wanted = f"_HANDLER={handler}".encode()
    found = []
    for pid in _descendants(emulator_pid):
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            continue  # it ended meanwhile
        if wanted in environment:
            found.append(pid)
    return found


def _descendants(pid: int) -> list[int]:
    below: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            below += [child, *_descendants(child)]
    return below
