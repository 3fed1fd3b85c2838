"""The benchmarks' short form, on what needs nothing from elsewhere."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks.peers.processes import Program
from benchmarks.peers.rows import ROWS

ROOT = Path(__file__).parents[3]
_LEAKS = "import subprocess, time; subprocess.Popen(['sleep', '60'], start_new_session=True); time.sleep(60)"


@pytest.mark.timeout(240)
def test_every_row_has_a_figure(tmp_path: Path) -> None:
    """The emulator and the floor are measured side by side, and nothing of them is left running."""
    file = tmp_path / "figures.json"
    mark = {"BENCHMARK_OF_A_TEST": str(tmp_path)}
    command = [sys.executable, "-m", "benchmarks.emulator", "--quick", "--rounds", "1"]

    done = subprocess.run(
        [*command, "--only", "floor-ric,emulator", "--json", file],
        cwd=ROOT,
        env={**os.environ, **mark},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    (figures,) = json.loads(file.read_text())["rounds"]
    assert set(figures) == {"floor-ric", "emulator"}
    assert all(set(rows) == set(ROWS) and rows["echo_50_rate"] > 0 for rows in figures.values())
    assert not [process for process in psutil.process_iter() if mark.items() <= _environment(process).items()]


def _environment(process: psutil.Process) -> dict[str, str]:
    with contextlib.suppress(psutil.Error):
        return process.environ()
    return {}


def test_program_ends_with_all_that_it_started(tmp_path: Path) -> None:
    """A process that a peer leaves behind, in a session of its own, is counted and killed."""
    program = Program([sys.executable, "-c", _LEAKS], cwd=tmp_path, env={}, output=tmp_path / "output")
    while len(tree := program.tree()) < 2:
        program.check()

    left = program.stop()

    assert left == 1
    assert not any(process.is_running() for process in tree)
