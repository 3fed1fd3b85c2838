"""Which functions are debugged, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_emulator.functions import debugging
from local_emulator.model import Function


def function(name: str, runtime: str = "python3.11") -> Function:
    return Function(
        logical_id=name,
        name=name.lower(),
        handler="m.f",
        runtime=runtime,
        code=Path("/code"),
        timeout_seconds=3,
        reserved_concurrency=5,
    )


FUNCTIONS = {name: function(name) for name in ("Beta", "Alpha")} | {"Node": function("Node", "nodejs22.x")}


def test_every_function_has_a_port_and_no_time_out() -> None:
    """In the order of their names; nobody waits."""
    found = debugging.debugged(FUNCTIONS, 5678, [])

    assert {"Alpha": 5678, "Beta": 5679, "Node": 5680} == {
        name: one.debugger.port for name, one in found.items() if one.debugger
    }
    assert all(one.timeout_seconds >= 86_400 and one.reserved_concurrency is None for one in found.values())


def test_named_function_waits_and_the_others_are_left_alone() -> None:
    """They run as ever, time-outs and all."""
    found = debugging.debugged(FUNCTIONS, 6000, ["Beta"])

    assert FUNCTIONS["Alpha"] == found["Alpha"]
    assert [
        "-X", "frozen_modules=off", "-m", "debugpy", "--listen", "127.0.0.1:6000", "--wait-for-client",
    ] == debugging.python_arguments(found["Beta"])  # fmt: skip
    assert [] == debugging.python_arguments(found["Alpha"])


def test_nodejs_is_told_by_its_own_variable() -> None:
    """Whatever starts it."""
    waits = debugging.debugged(FUNCTIONS, 9229, ["Node"])["Node"]
    free = debugging.debugged(FUNCTIONS, 9227, [])["Node"]

    assert {"NODE_OPTIONS": "--inspect-brk=127.0.0.1:9229"} == debugging.variables(waits)
    assert {"NODE_OPTIONS": "--inspect=127.0.0.1:9229"} == debugging.variables(free)
    assert {} == debugging.variables(FUNCTIONS["Node"])


def test_unknown_function_and_missing_debugger_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is there, and with what to install."""
    with pytest.raises(debugging.DebugError, match="no function Gamma; the template has: Beta, Alpha"):
        debugging.debugged(FUNCTIONS, 5678, ["Gamma"])
    monkeypatch.setattr(debugging, "find_spec", lambda name: None)
    with pytest.raises(debugging.DebugError, match="pip install debugpy"):
        debugging.debugged(FUNCTIONS, 5678, [])
    assert debugging.debugged(FUNCTIONS, 5678, ["Node"])
