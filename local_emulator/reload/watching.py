"""Hot reload: what a save changes is taken up at once, and what cannot be is said."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from watchfiles import awatch

from local_emulator.model import Application, Function

logger = logging.getLogger(__name__)

_QUIET_MS = 50
"""So long without another change, and a save of many files is taken for whole."""
_AT_MOST_MS = 500


class Reloadable(Protocol):
    """The emulator, as hot reload needs it."""

    @property
    def application(self) -> Application:
        """What runs."""
        ...

    @property
    def template(self) -> Path:
        """The template's file."""
        ...

    def reload_code(self, functions: Iterable[str]) -> None:
        """Replaces environments of these functions."""
        ...

    async def reload_template(self) -> str:
        """Reads the template again; what has changed, in words. Raises what keeps it from being used."""
        ...


def affected(changed: Iterable[Path], functions: Mapping[str, Function]) -> list[str]:
    """Logical ids of the functions whose code or layers have one of the changed files."""
    paths = list(changed)
    return [
        logical_id
        for logical_id, function in functions.items()
        if any(path.is_relative_to(folder) for path in paths for folder in (function.code, *function.layers))
    ]


class Reloader:
    """Watches the code and the template of an emulator."""

    def __init__(self, emulator: Reloadable) -> None:
        self._emulator = emulator
        self._template = emulator.template.resolve()
        self._folders_changed = asyncio.Event()

    async def run(self) -> None:
        """Watches until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_template())
            group.create_task(self._watch_code())

    async def _watch_template(self) -> None:
        # The folder, since editors put a new file in the old one's place; and nothing that lies deeper.
        async for changed in _changes({self._template.parent}, recursive=False):
            if self._template in changed:
                await self._take_up_template()

    async def _watch_code(self) -> None:
        while True:
            self._folders_changed.clear()
            folders = self._folders()
            async for changed in _changes(folders, stop_event=self._folders_changed):
                self._take_up_code(changed - {self._template})

    def _folders(self) -> set[Path]:
        functions = self._emulator.application.functions.values()
        return {folder for function in functions for folder in (function.code, *function.layers)}

    def _take_up_code(self, changed: set[Path]) -> None:
        functions = affected(changed, self._emulator.application.functions)
        if functions:
            for path in changed:
                _forget_compiled(path)
            self._emulator.reload_code(functions)
            names = ", ".join(sorted({path.name for path in changed})[:3])
            logger.info("↻ %s changed: %s starts anew", names, ", ".join(functions), extra={"kind": "reload"})

    async def _take_up_template(self) -> None:
        folders, name = self._folders(), self._template.name
        try:
            changes = await self._emulator.reload_template()
        except Exception as error:  # noqa: BLE001 whatever is wrong with it, what runs goes on
            logger.error(
                "↻ %s cannot be used, what ran before goes on: %s", name, error, extra={"kind": "reload"}
            )
            return
        logger.info("↻ %s: %s", name, changes, extra={"kind": "reload"})
        if self._folders() != folders:
            self._folders_changed.set()


async def _changes(folders: set[Path], **options: Any) -> AsyncIterator[set[Path]]:
    async for changes in awatch(*folders, step=_QUIET_MS, debounce=_AT_MOST_MS, **options):
        yield {Path(path) for _, path in changes}


def _forget_compiled(source: Path) -> None:
    """Two saves within a second may leave a file of the same size, which Python takes for the one it compiled."""
    if source.suffix == ".py":
        with suppress(OSError, NotImplementedError):
            Path(importlib.util.cache_from_source(str(source))).unlink()
