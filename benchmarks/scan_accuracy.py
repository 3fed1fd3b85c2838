"""How well the offline reader does on photos whose books are known: `make scan-accuracy PHOTOS=folder`.

The folder holds photos and a truth.json, `{name: {file, books: [{title, author}], partial: [{title}]}}`. A book counts
as found where a predicted title is at least 0.88 like the true one (letters and digits, without accents, case, series
and, where only one has it, the subtitle), one to one; a `partial` book counts neither way. The closed catalogue holds
10,000 real books and every book of the photos, and so measures reading and matching; the open one lacks the latter,
and measures its own coverage too.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "functions"))

from rapidfuzz import fuzz  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from books import matching  # noqa: E402
from books.metadata import Metadata  # noqa: E402
from books.spines import shelf  # noqa: E402
from books.spines.identify import Search, identify  # noqa: E402
from books.spines.ocr import OcrReader  # noqa: E402
from books.spines.photo import Photo  # noqa: E402
from books.spines.spine import Spine  # noqa: E402
from catalogue.books import Catalogue  # noqa: E402
from catalogue.fuzzy import FuzzyIndex  # noqa: E402

SAME = 0.88
CLOSED, OPEN = "closed", "open"
_CANDIDATES = 20
_DEFAULT = ROOT / "tests" / "data" / "photos"


@dataclass(frozen=True)
class Score:
    """Counts over one photo, or over all."""

    true: int
    found: int
    predicted: int

    @property
    def recall(self) -> float:
        """Of the books that are there."""
        return self.found / self.true if self.true else 1.0

    @property
    def precision(self) -> float:
        """Of the books that were named."""
        return self.found / self.predicted if self.predicted else 1.0


@dataclass(frozen=True)
class Measured:
    """What came of a photo, by catalogue where that matters."""

    name: str
    size: str
    scores: dict[str, Score]
    missed: dict[str, list[str]]
    wrong: dict[str, list[str]]
    seconds: float
    """From the file's bytes to the books, with the closed catalogue."""
    cpu_seconds: float
    """The same on all cores: what a machine that is busy with other work does not distort."""
    peak_mb: int


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scan_accuracy",
        description="Recall and precision of the offline spine reader on photos whose books are known.",
        epilog="Example: python -m benchmarks.scan_accuracy --photos ~/shelves --misses",
    )
    parser.add_argument(
        "--photos",
        type=Path,
        default=_DEFAULT,
        help="folder with photos and truth.json (default: the project's)",
    )
    parser.add_argument("--misses", action="store_true", help="name every book missed or wrongly named")
    parser.add_argument("--json", action="store_true", help="print the totals as JSON instead of tables")
    arguments = parser.parse_args()
    try:
        truth = json.loads((arguments.photos / "truth.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        parser.error(f"{arguments.photos}/truth.json cannot be read: {error}")
    if absent := [
        known["file"] for known in truth.values() if not (arguments.photos / known["file"]).is_file()
    ]:
        parser.error(f"{arguments.photos} lacks {', '.join(absent)}, which its truth.json names")
    searches = {CLOSED: _search([*_catalogue(), *_books_of(truth)]), OPEN: _search(_catalogue())}
    photos = list(_measure(arguments.photos, truth, searches))
    if arguments.json:
        print(json.dumps(_totals(photos), indent=1))
    else:
        _print(photos, misses=arguments.misses)
    return 0


def _measure(folder: Path, truth: dict[str, Any], searches: dict[str, Search]) -> Iterator[Measured]:
    reader = OcrReader()
    for done, (name, known) in enumerate(truth.items(), start=1):
        data = (folder / known["file"]).read_bytes()
        _forget_peak()
        began, worked = time.perf_counter(), time.process_time()
        photo = Photo.decode(data)
        spines = reader.read(photo)
        titles = {CLOSED: _titles(spines, searches[CLOSED])}
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - worked
        titles[OPEN] = _titles(spines, searches[OPEN])
        judged = {kind: _judge(named, known) for kind, named in titles.items()}
        yield Measured(
            name=name,
            size=f"{photo.width}x{photo.height}",
            scores={kind: score for kind, (score, _, _) in judged.items()},
            missed={kind: missed for kind, (_, missed, _) in judged.items()},
            wrong={kind: wrong for kind, (_, _, wrong) in judged.items()},
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            peak_mb=_peak_mb(),
        )
        print(f"\r{done}/{len(truth)} photos", end="", file=sys.stderr, flush=True)
    print("\r" + " " * 20 + "\r", end="", file=sys.stderr)


def _totals(photos: Sequence[Measured]) -> dict[str, Any]:
    totals: dict[str, Any] = {
        "photos": len(photos),
        "seconds": _spread([photo.seconds for photo in photos]),
        "cpuSeconds": _spread([photo.cpu_seconds for photo in photos]),
        "peakMb": max(photo.peak_mb for photo in photos),
    }
    for kind in (CLOSED, OPEN):
        total = _sum(photo.scores[kind] for photo in photos)
        totals[kind] = {
            "books": total.true,
            "found": total.found,
            "named": total.predicted,
            "recall": round(total.recall, 3),
            "precision": round(total.precision, 3),
        }
    return totals


def _spread(values: list[float]) -> dict[str, float]:
    p90 = quantiles(values, n=10, method="inclusive")[-1] if len(values) > 1 else values[0]
    return {"median": round(median(values), 1), "p90": round(p90, 1), "max": round(max(values), 1)}


def _titles(spines: Sequence[Spine], search: Search) -> list[str]:
    arranged = shelf.arrange([(spine, identify(spine, search)) for spine in spines])
    return [shelved.book.metadata.title for shelved in arranged if shelved.book is not None]


def _judge(titles: Sequence[str], known: dict[str, Any]) -> tuple[Score, list[str], list[str]]:
    true = [book["title"] for book in known["books"]]
    partial = [book["title"] for book in known.get("partial", [])]
    pairs = sorted(
        ((_alike(title, wanted), -i, -j) for i, title in enumerate(titles) for j, wanted in enumerate(true)),
        reverse=True,
    )
    named: set[int] = set()
    found: set[int] = set()
    for likeness, i, j in pairs:
        if likeness >= SAME and -i not in named and -j not in found:
            named.add(-i)
            found.add(-j)
    wrong = [title for i, title in enumerate(titles) if i not in named]
    counted = [title for title in wrong if not any(_alike(title, half) >= SAME for half in partial)]
    score = Score(len(true), len(found), len(named) + len(counted))
    return score, [title for j, title in enumerate(true) if j not in found], counted


def _alike(one: str, other: str) -> float:
    return max(
        fuzz.ratio(left, right) / 100 for left in matching.variants(one) for right in matching.variants(other)
    )


def _sum(scores: Iterable[Score]) -> Score:
    all_ = list(scores)
    return Score(
        sum(score.true for score in all_),
        sum(score.found for score in all_),
        sum(score.predicted for score in all_),
    )


def _catalogue() -> list[Metadata]:
    return [
        Metadata(title=book.title, authors=list(book.authors), source="catalogue")
        for book in Catalogue.load().books
    ]


def _books_of(truth: dict[str, Any]) -> Iterator[Metadata]:
    once = {(book["title"], book["author"]) for known in truth.values() for book in known["books"]}
    for title, author in sorted(once):
        names = [name.strip() for name in author.replace("&", ",").split(",") if name.strip()]
        yield Metadata(title=title, authors=names, source="truth")


def _search(books: list[Metadata]) -> Search:
    index = FuzzyIndex([f"{book.title} {' '.join(book.authors)}" for book in books])
    return lambda text: [books[position] for position in index.search(text, _CANDIDATES)]


def _forget_peak() -> None:
    """Starts the kernel's record of this process's peak memory anew (proc(5), clear_refs)."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")


def _peak_mb() -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def _print(photos: Sequence[Measured], *, misses: bool) -> None:
    console = Console(width=110)
    table = Table(box=None, header_style="bold")
    for column in (
        "photo",
        "size",
        "books",
        "found",
        "wrong",
        "recall",
        "precision",
        "seconds",
        "CPU s",
        "peak MB",
    ):
        table.add_column(column, justify="left" if column in ("photo", "size") else "right")
    for photo in photos:
        score = photo.scores[CLOSED]
        table.add_row(
            photo.name,
            photo.size,
            str(score.true),
            str(score.found),
            str(score.predicted - score.found),
            f"{score.recall:.2f}",
            f"{score.precision:.2f}",
            f"{photo.seconds:.1f}",
            f"{photo.cpu_seconds:.1f}",
            str(photo.peak_mb),
        )
    console.print(table)
    totals = _totals(photos)
    for kind in (CLOSED, OPEN):
        total = totals[kind]
        console.print(
            f"{kind:>6} catalogue: recall {total['recall']:.3f}, precision {total['precision']:.3f} "
            f"({total['found']} of {total['books']} found, {total['named'] - total['found']} wrong)",
            highlight=False,
        )
    for label, spread in (("seconds", totals["seconds"]), ("CPU seconds", totals["cpuSeconds"])):
        values = ", ".join(f"{name} {value}" for name, value in spread.items())
        console.print(f"{label} a photo: {values}", highlight=False)
    console.print(f"peak memory: {totals['peakMb']} MB", highlight=False)
    if misses:
        for photo in photos:
            for word, titles in (("missed", photo.missed[CLOSED]), ("wrong", photo.wrong[CLOSED])):
                for title in titles:
                    console.print(f"{photo.name}: {word} {title}", markup=False, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
