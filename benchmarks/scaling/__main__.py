"""What AWS's quotas allow, from one job at once to ten thousand: `make bench-scaling`.

    python -m benchmarks.scaling [--json FILE] [--docs]

A model (benchmarks/scaling/model.py), beside what benchmarks.delivery and benchmarks.scale have counted, where their
results are there (benchmarks/results/).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown

from benchmarks import plots
from benchmarks.peers import docs
from benchmarks.plots import Line
from benchmarks.scaling import quotas
from benchmarks.scaling.compare import compare, median_run
from benchmarks.scaling.model import Prediction, Settings, Workload, jobs_until, predict

PAGE = docs.PAGE.with_name("scaling.md")
_RESULTS = Path(__file__).resolve().parents[1] / "results"
_JOBS = (1, 10, 100, 1000, 10_000)
_WORKERS = (5, 100, 1000)
_NOTABLE = 0.01
"""A quota of which less is used is not worth a word."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0."""
    options = _parser().parse_args(arguments)
    sections = {
        "predictions": "\n".join(_predictions()),
        "limits": "\n".join(_limits()),
        "quotas": _quotas(),
        "comparison": _comparison(),
    }
    out = Console(width=None if sys.stdout.isatty() else 160)
    for text in sections.values():
        out.print(Markdown(text))
    if options.json is not None:
        options.json.write_text(json.dumps(_figures(), indent=1) + "\n", encoding="utf-8")
    if options.docs:
        for name, text in sections.items():
            docs.write(name, text.rstrip() + "\n", PAGE)
        plots.write("scaling-time", _plot())
    return 0


def _predictions() -> Iterator[str]:
    for workers in _WORKERS:
        yield f"**`WorkerConcurrency` {workers:,}**\n"
        yield _line(
            [
                "jobs at once",
                "works a second",
                "time of a job",
                "age of what is shown",
                "a job costs",
                "most used",
            ]
        )
        yield _line(["---:", "---:", "---:", "---:", "---:", "---"])
        for jobs in _JOBS:
            made = predict(Workload(jobs=jobs), Settings(worker_concurrency=workers))
            yield _line(
                [
                    f"{jobs:,}",
                    f"{made.items_per_second:,.0f}",
                    _time(made.job_seconds),
                    _time(made.late_ms / 1000),
                    f"${made.dollars:.4f}",
                    _most_used(made),
                ]
            )
        yield ""


def _limits() -> Iterator[str]:
    yield _line(["workers", "is met first", "by so many jobs at once", "what moves it"])
    yield _line(["---:", "---", "---:", "---"])
    for workers in _WORKERS:
        settings = Settings(worker_concurrency=workers)
        found = [
            (jobs, quota)
            for quota in quotas.ALL
            if (jobs := jobs_until(quota, Workload(jobs=1), settings)) is not None
        ]
        for jobs, quota in sorted(found, key=lambda pair: pair[0])[:4]:
            yield _line([f"{workers:,}", quota.title, f"{jobs:,.0f}", quota.moved_by])
        if not found:
            yield _line(
                [f"{workers:,}", "none, however many jobs: they wait for workers", "–", "`WorkerConcurrency`"]
            )


def _quotas() -> str:
    lines = [_line(["", "by default", "", "source"]), _line(["---", "---:", "---", "---"])]
    lines += [
        _line(
            [
                quota.title,
                f"{quota.value:,.0f} {quota.per}",
                "" if quota.confirmed else "to be confirmed",
                quota.source,
            ]
        )
        for quota in quotas.ALL
    ]
    return "\n".join(lines)


def _comparison() -> str:
    runs = dict(_measured())
    if not runs:
        return "No results are there: run `make bench`.\n"
    lines = []
    for title, (figures, jobs) in runs.items():
        lines += [
            f"**{title}**\n",
            _line(["", "counted", "predicted", "ratio"]),
            _line(["---", "---:", "---:", "---:"]),
        ]
        lines += [
            _line([each.title, _number(each.counted), _number(each.predicted), f"{each.ratio:.2f}"])
            for each in compare(figures, jobs=jobs)
        ]
        lines.append("")
    return "\n".join(lines)


def _measured() -> Iterator[tuple[str, tuple[Mapping[str, Any], int]]]:
    delivery = _results("delivery")
    if delivery:
        runs = [made["1500/1"]["json"] for made in delivery["rounds"] if "json" in made.get("1500/1", {})]
        if runs:
            yield "1,500 works, one device", (median_run(runs), 1)
    for title, jobs in (("10,000 works", 1), ("50 × 100 works", 50)):
        runs = [made[title] for made in _results("scale") or () if title in made]
        if runs:
            yield f"{title}, one device each", (median_run(runs), jobs)


def _results(name: str) -> Any:
    file = _RESULTS / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def _plot() -> str:
    jobs = [10 ** (step / 4) for step in range(17)]
    series = [
        Line(
            f"{workers:,} workers",
            [(n, predict(Workload(jobs=n), Settings(worker_concurrency=workers)).job_seconds) for n in jobs],
        )
        for workers in _WORKERS
    ]
    return plots.lines("Seconds for a job of 1,500 works", "jobs at once", series)


def _figures() -> list[dict[str, Any]]:
    return [
        {
            "workers": workers,
            "jobs": jobs,
            "itemsPerSecond": made.items_per_second,
            "jobSeconds": made.job_seconds,
            "lateMs": made.late_ms,
            "usd": made.dollars,
            "usage": asdict(made.usage),
            "share": {quota.title: made.share(quota) for quota in quotas.ALL},
        }
        for workers in _WORKERS
        for jobs in _JOBS
        for made in [predict(Workload(jobs=jobs), Settings(worker_concurrency=workers))]
    ]


def _most_used(made: Prediction) -> str:
    share = made.share(made.tightest)
    if share < _NOTABLE:
        return "–"
    shown = f"{share:.0%} of {made.tightest.title}"
    return f"**{shown}**" if share > 1 else shown


def _time(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds * 1000:,.0f} ms"


def _number(value: float) -> str:
    return f"{value:,.4f}" if value < 1 else f"{value:,.0f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scaling", description=(__doc__ or "").partition("\n")[0]
    )
    add = parser.add_argument
    add("--json", type=Path, metavar="FILE", help="write the figures there")
    add("--docs", action="store_true", help="put tables and a plot into docs/scaling.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
