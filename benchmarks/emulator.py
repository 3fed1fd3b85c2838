"""The emulator beside two floors and its peers, on the same handlers: `make bench-emulator`.

    python -m benchmarks.emulator [--rounds 5] [--only emulator,floor-ric] [--quick] [--json FILE]

The floors are a bare `websockets` server that calls the handlers itself, and one that runs them in awslambdaric. In
each round every target is started afresh, measured and stopped, one after the other, so that a machine whose speed
drifts treats them alike; ratios to the awslambdaric floor are taken within a round. serverless-offline (npm) and
ministack (PyPI) are fetched when they are first measured; what cannot be had is named and left out.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import aiohttp
import uvloop
from rich.console import Console

from benchmarks.peers import docs, report
from benchmarks.peers.install import NotInstalledError
from benchmarks.peers.rows import QUICK, Effort, measure
from benchmarks.peers.targets import TARGETS, Target

console = Console(stderr=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """0, or 1 where nothing could be measured."""
    options = _parser().parse_args(arguments)
    # Asked to end, it stops what it has started, as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Thousands of connections, at both ends.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    targets = [target for target in TARGETS if options.only is None or target.name in options.only]
    results = report.Results(
        command=" ".join(["python -m benchmarks.emulator", *_told(options)]),
        machine=docs.machine(),
        versions={target.name: target.version() for target in targets},
    )
    targets = _installed(results, targets)
    _measure(results, targets, options.rounds, QUICK if options.quick else Effort())
    Console(width=None if sys.stdout.isatty() else 200).print(report.table(results))
    for name, reason in results.left_out.items():
        console.print(f"{name}: {reason}", style="yellow", markup=False)
    if options.json is not None:
        options.json.write_text(json.dumps(asdict(results), indent=1) + "\n", encoding="utf-8")
    if options.docs:
        docs.write("peers", report.markdown(results))
    return 0 if results.names() else 1


def _installed(results: report.Results, targets: Sequence[Target]) -> list[Target]:
    there = []
    for target in targets:
        try:
            target.install()
        except NotInstalledError as error:
            results.left_out[target.name] = f"left out, since it could not be installed: {error}"
        else:
            there.append(target)
    return there


def _measure(results: report.Results, targets: Sequence[Target], rounds: int, effort: Effort) -> None:
    for number in range(1, rounds + 1):
        figures: dict[str, dict[str, float]] = {}
        for target in targets:
            console.print(f"round {number}/{rounds}: {target.title}", highlight=False)
            with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
                try:
                    figures[target.name] = uvloop.run(measure(target, Path(scratch), effort))
                except (RuntimeError, OSError, aiohttp.ClientError) as error:
                    results.left_out[target.name] = f"failed in round {number}: {error!r}"
        results.rounds.append(figures)


def _told(options: argparse.Namespace) -> list[str]:
    told = [f"--rounds {options.rounds}"]
    if options.quick:
        told.append("--quick")
    if options.only is not None:
        told.append(f"--only {','.join(options.only)}")
    return told


def _names(text: str) -> list[str]:
    known = [target.name for target in TARGETS]
    names = text.split(",")
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise argparse.ArgumentTypeError(f"no target {', '.join(unknown)}; there are {', '.join(known)}")
    return names


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.emulator", description=(__doc__ or "").partition("\n")[0]
    )
    add = parser.add_argument
    add("--rounds", type=int, default=5, help="fresh instances of each target (default 5)")
    add("--only", type=_names, metavar="NAME,…", help=", ".join(target.name for target in TARGETS))
    add("--quick", action="store_true", help="small numbers, to see that it works")
    add("--json", type=Path, metavar="FILE", help="write every round's figures there")
    add("--docs", action="store_true", help="put the results into docs/benchmarks.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
