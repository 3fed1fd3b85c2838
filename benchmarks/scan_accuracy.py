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
    searches = {
        "closed": _search([*_catalogue(), *_books_of(truth)]),
        "open": _search(_catalogue()),
    }
    report = _measure(arguments.photos, truth, searches)
    if arguments.json:
        print(json.dumps(report["totals"], indent=1))
    else:
        _print(report, misses=arguments.misses)
    return 0


def _measure(folder: Path, truth: dict[str, Any], searches: dict[str, Search]) -> dict[str, Any]:
    reader = OcrReader()
    photos: list[dict[str, Any]] = []
    for name, known in truth.items():
        data = (folder / known["file"]).read_bytes()
        _forget_peak()
        began = time.perf_counter()
        photo = Photo.decode(data)
        spines = reader.read(photo)
        read = time.perf_counter() - began
        books, misses, wrong = {}, {}, {}
        for kind, search in searches.items():
            began = time.perf_counter()
            titles = _titles(spines, search)
            seconds = read + time.perf_counter() - began
            books[kind], misses[kind], wrong[kind] = _judge(titles, known)
        photos.append(
            {
                "name": name,
                "size": f"{photo.width}×{photo.height}",
                "spines": len(spines),
                "seconds": seconds,
                "peakMb": _peak_mb(),
                "scores": books,
                "misses": misses["closed"],
                "wrong": wrong["closed"],
            }
        )
        print(f"\r{len(photos)}/{len(truth)} photos", end="", file=sys.stderr, flush=True)
    print("\r" + " " * 20 + "\r", end="", file=sys.stderr)
    seconds = [photo["seconds"] for photo in photos]
    totals: dict[str, Any] = {
        "photos": len(photos),
        "secondsMedian": round(median(seconds), 2),
        "secondsP90": round(
            quantiles(seconds, n=10, method="inclusive")[-1] if len(seconds) > 1 else seconds[0], 2
        ),
        "secondsMax": round(max(seconds), 2),
        "peakMb": max(photo["peakMb"] for photo in photos),
    }
    for kind in searches:
        total = _sum(photo["scores"][kind] for photo in photos)
        totals[kind] = {
            "books": total.true,
            "found": total.found,
            "named": total.predicted,
            "recall": round(total.recall, 3),
            "precision": round(total.precision, 3),
        }
    return {"photos": photos, "totals": totals}


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


def _print(report: dict[str, Any], *, misses: bool) -> None:
    console = Console(width=110)
    table = Table(box=None, header_style="bold")
    for column in ("photo", "size", "books", "found", "wrong", "recall", "precision", "seconds", "peak MB"):
        table.add_column(column, justify="left" if column in ("photo", "size") else "right")
    for photo in report["photos"]:
        score: Score = photo["scores"]["closed"]
        table.add_row(
            photo["name"],
            photo["size"],
            str(score.true),
            str(score.found),
            str(score.predicted - score.found),
            f"{score.recall:.2f}",
            f"{score.precision:.2f}",
            f"{photo['seconds']:.1f}",
            str(photo["peakMb"]),
        )
    console.print(table)
    totals = report["totals"]
    for kind in ("closed", "open"):
        total = totals[kind]
        console.print(
            f"{kind:>6} catalogue: recall {total['recall']:.3f}, precision {total['precision']:.3f} "
            f"({total['found']} of {total['books']} found, {total['named'] - total['found']} wrong)",
            highlight=False,
        )
    console.print(
        f"seconds a photo: median {totals['secondsMedian']}, p90 {totals['secondsP90']}, max {totals['secondsMax']}; "
        f"peak {totals['peakMb']} MB",
        highlight=False,
    )
    if misses:
        for photo in report["photos"]:
            for title in photo["misses"]:
                console.print(f"{photo['name']}: missed {title}", markup=False, highlight=False)
            for title in photo["wrong"]:
                console.print(f"{photo['name']}: wrong {title}", markup=False, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
