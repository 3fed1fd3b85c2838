"""Events to invoke functions with: the JSON files of the folder `events` beside the template."""

from __future__ import annotations

from pathlib import Path

_MOST_BYTES = 6 * 1024 * 1024
"""Lambda's quota for an event."""


def names(template: Path) -> list[str]:
    """The files' names without `.json`, in their order."""
    folder = template.resolve().parent / "events"
    return sorted(path.stem for path in folder.glob("*.json") if path.is_file())


def text(template: Path, name: str) -> str:
    """One file as it is.

    Raises:
        KeyError: there is no such file, or it is no event.
    """
    if name not in names(template):
        raise KeyError(f"there is no events/{name}.json beside the template")
    path = template.resolve().parent / "events" / f"{name}.json"
    if path.stat().st_size > _MOST_BYTES:
        raise KeyError(f"events/{name}.json is larger than an event may be")
    return path.read_text(errors="replace")
