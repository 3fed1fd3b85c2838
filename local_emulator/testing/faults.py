"""What goes wrong, from a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from local_emulator.faults.engine import Fault
from local_emulator.faults.rules import parse

if TYPE_CHECKING:
    from local_emulator.testing.emulator import TestEmulator


class FaultControl:
    """What goes wrong, from a test; rules are as in docs/emulator/faults.md."""

    def __init__(self, emulator: TestEmulator) -> None:
        self._emulator = emulator

    def set(self, *rules: Mapping[str, Any], seed: int = 0) -> None:
        """These rules and no others.

        Raises:
            FaultsError: one cannot be understood.
        """
        parsed = parse({"seed": seed, "rules": [dict(rule) for rule in rules]})
        self._emulator.call(self._emulator.running.control.replace(parsed))

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.set()

    def counts(self) -> dict[str, tuple[int, int]]:
        """By rule: how many occurrences matched, and at how many it struck."""
        return self._emulator.call(self._emulator.running.control.counts())

    def drop(self, connection_id: str = "*") -> int:
        """Drops open connections now; how many."""
        return self._do(connection_id, Fault(rule="now", action="drop"))

    def stall(self, connection_id: str = "*", *, seconds: float | None = None) -> int:
        """Stalls open connections now, for so long or until they end; how many."""
        return self._do(connection_id, Fault(rule="now", action="stall", settings={"seconds": seconds}))

    def kill(self, function: str) -> int:
        """Kills a function's processes now; how many."""
        return self._emulator.call_soon(self._emulator.running.pool.kill, function)

    def _do(self, connection_id: str, fault: Fault) -> int:
        found = [one for one in self._emulator.connections() if connection_id in ("*", one.connection_id)]
        for connection in found:
            self._emulator.call_soon(connection.suffer, fault)
        return len(found)
