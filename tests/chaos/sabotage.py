"""The same suite against a copy of the code in which one mechanism is switched off: it must fail.

    python -m tests.chaos.sabotage conditional-count

A mechanism is switched off by replacing an exact piece of source, which must be there once: none rots unseen.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.stack import ROOT

_PACKAGES = ("functions", "bookstrack")
_SEEDS = 30
"""So many schedules are tried, behind the examples, before a mechanism counts as not missed."""


@dataclass(frozen=True, kw_only=True)
class Sabotage:
    """How a mechanism is switched off, and the promise that does not hold without it."""

    name: str
    file: str
    old: str
    new: str
    promise: str


SABOTAGES = (
    Sabotage(
        name="conditional-count",
        file="functions/progress/counting.py",
        old='                condition="attribute_not_exists(done) OR NOT contains(done, :index)",\n',
        new='                condition=":index = :index",\n',
        promise="every item counts once",
    ),
    Sabotage(
        name="strong-read",
        file="functions/progress/table.py",
        old='            "ConsistentRead": True,\n',
        new='            "ConsistentRead": False,\n',
        promise="nothing is missed between connecting and listening",
    ),
    Sabotage(
        name="terminal-condition",
        file="functions/progress/jobs.py",
        old='condition = "(#status = :waiting OR #status = :running) AND processedItems <= :processed"',
        new='condition = "(#status <> :waiting OR #status <> :running) AND processedItems <= :processed"',
        promise="every job ends once",
    ),
    Sabotage(
        name="watchdog",
        file="functions/watch_jobs.py",
        old="seconds = wiring.watchdog().look(message, receives=receives_of(record))",
        new="seconds = None",
        promise="every job ends",
    ),
    Sabotage(
        name="clean-up-of-410",
        file="functions/progress/push.py",
        old="            self._connections.remove(connection.connection_id, *filter(None, [connection.job_id]))\n",
        new="            pass\n",
        promise="a closed socket leaves no row",
    ),
    Sabotage(
        name="seq-check-in-the-client",
        file="bookstrack/timeline.py",
        old="            if not newer or (update.processed < latest.processed and not update.terminal):\n",
        new="            if not newer and update.terminal:\n",
        promise="progress never goes back",
    ),
)


def sabotaged(sabotage: Sabotage, folder: Path) -> None:
    """Copies the code to `folder` and switches the mechanism off there.

    Raises:
        ValueError: the source is not there, or more than once.
    """
    for package in _PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / sabotage.file
    source = file.read_text()
    if source.count(sabotage.old) != 1:
        raise ValueError(
            f"{sabotage.file} has this {source.count(sabotage.old)} times, not once: {sabotage.old!r}"
        )
    file.write_text(source.replace(sabotage.old, sabotage.new))


def run_sabotaged(sabotage: Sabotage) -> subprocess.CompletedProcess[str]:
    """Runs the suite until a promise is broken, on the sabotaged copy: functions and client."""
    with tempfile.TemporaryDirectory(prefix="sabotage-") as folder:
        sabotaged(sabotage, Path(folder))
        # -P: what is imported comes from the copy first, not from the current folder.
        command = [sys.executable, "-P", "-m", "tests.chaos", "--until-failure", "--workers", "2"]
        command += [
            "--functions",
            f"{folder}/functions",
            "--long",
            "0",
            "--crowd",
            "0",
            "--schedules",
            str(_SEEDS),
        ]
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"},
            capture_output=True,
            text=True,
            check=False,
        )


def main() -> None:
    """Runs one by name, and ends with the suite's exit status."""
    known = {sabotage.name: sabotage for sabotage in SABOTAGES}
    if len(sys.argv) != 2 or sys.argv[1] not in known:
        sys.exit(f"usage: python -m tests.chaos.sabotage {{{','.join(known)}}}")
    done = run_sabotaged(known[sys.argv[1]])
    sys.stdout.write(done.stdout)
    sys.stderr.write(done.stderr)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
