"""All benchmarks, one after the other: `make bench`.

    python -m benchmarks [--only delivery,scale] [--quick] [--no-docs]

Each is a process of its own. Its results go to benchmarks/results/NAME.json, its tables and plots into docs/.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import pictures

RESULTS = Path(__file__).resolve().parent / "results"
BENCHMARKS: Mapping[str, tuple[str, ...]] = {
    "cold_start": ("--runs", "9"),
    "delivery": ("--rounds", "3"),
    "scale": ("--rounds", "3"),
    "scaling": (),
    "emulator": ("--rounds", "3"),
    "connections": (),
}
"""With their options, those that others use the results of first."""
_QUICK: Mapping[str, tuple[str, ...]] = {
    "cold_start": ("--runs", "1"),
    "delivery": ("--quick",),
    "scale": ("--quick", "--rounds", "1"),
    "scaling": (),
    "emulator": ("--quick", "--rounds", "1", "--only", "floor-ric,emulator"),
    "connections": ("--connections", "200"),
}

console = Console(stderr=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 where one of them failed."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    RESULTS.mkdir(exist_ok=True)
    failed = [name for name in options.only if not _run(name, quick=options.quick, in_docs=options.docs)]
    for name in failed:
        console.print(f"{name} failed", style="red")
    return int(bool(failed))


def _run(name: str, *, quick: bool, in_docs: bool) -> bool:
    console.rule(name)
    file = RESULTS / f"{name}.json"
    command = [sys.executable, "-m", f"benchmarks.{name}", *(_QUICK if quick else BENCHMARKS)[name]]
    command += ["--json", str(file), *(["--docs"] if in_docs else [])]
    if subprocess.run(command, check=False).returncode:
        return False
    if in_docs:
        pictures.show(name, json.loads(file.read_text(encoding="utf-8")))
    return True


def _names(text: str) -> list[str]:
    unknown = sorted(set(text.split(",")) - set(BENCHMARKS))
    if unknown:
        raise argparse.ArgumentTypeError(
            f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}"
        )
    return text.split(",")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0]
    )
    add = parser.add_argument
    add("--only", type=_names, default=list(BENCHMARKS), metavar="NAME,…", help=", ".join(BENCHMARKS))
    add("--quick", action="store_true", help="small numbers, to see that all work")
    add("--no-docs", dest="docs", action="store_false", help="leave docs/ as it is")
    return parser


if __name__ == "__main__":
    sys.exit(main())
