"""The offline reader, with its real models: photos of shelves, and pictures on which no book stands."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from books.metadata import Metadata
from books.spines import shelf
from books.spines.identify import Search, identify
from books.spines.ocr import OcrReader
from books.spines.photo import Photo
from books.spines.spine import Spine
from catalogue.books import Catalogue
from catalogue.fuzzy import FuzzyIndex

ROOT = Path(__file__).parents[3]
PHOTOS = ROOT / "tests/data/photos"
PAPER, INK = (250, 248, 240), (20, 20, 30)

PROSE = """The man in the grey coat walked down to the harbour to see whether the boat had come in.
Nobody had told him that the war was over, nor that the road to the village was closed.
He thought of home, of the garden behind the house, and of the long winter before them.
In the beginning there had been hope, a hundred years of peace, and the sound of music
from the open windows. Pride had no place there, and prejudice even less. She stood at
the gate, between the acts, and waited for the wind to turn. The sun also rises, he said,
and the river goes on to the sea; but the heart is a lonely hunter, and time passes.
On the beach the children built a castle of sand, a small kingdom of their own,
with a moat and a bridge and a tower for the princess, and the tide took all of it."""
GAMES = [
    "MONOPOLY",
    "CATAN",
    "TICKET TO RIDE",
    "SCRABBLE",
    "PANDEMIC",
    "CARCASSONNE",
    "CODENAMES",
    "WINGSPAN",
]

EXTREMES = """
import sys
from PIL import Image
from books.spines.ocr import OcrReader
from books.spines.photo import Photo
reader = OcrReader()
for size in ((4200, 3150), (4200, 64), (64, 4200), (64, 64)):
    noise = Image.effect_noise(tuple(max(1, side // 9) for side in size), 140).resize(size, Image.Resampling.NEAREST)
    reader.read(Photo(noise.convert("RGB")))
print(int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]) // 1024)
"""
THREADS = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import onnxruntime  # which has a thread of its own
from PIL import Image
from books.spines.ocr import OcrReader
from books.spines.photo import Photo
before = len(os.listdir("/proc/self/task"))
OcrReader().read(Photo(Image.open("tests/data/photos/lk_spines.jpg").convert("RGB")))
print(len(os.listdir("/proc/self/task")) - before)
"""


@pytest.fixture(scope="module")
def reader() -> OcrReader:
    return OcrReader()


@functools.cache
def catalogue() -> Search:
    books = [
        Metadata(title=book.title, authors=list(book.authors), source="googlebooks")
        for book in Catalogue.load().books
    ]
    index = FuzzyIndex([f"{book.title} {' '.join(book.authors)}" for book in books])
    return lambda text: [books[position] for position in index.search(text, 20)]


def titles(spines: list[Spine]) -> list[str]:
    """Of the books that some spines surely are, among 10,000."""
    shelved = shelf.arrange([(spine, identify(spine, catalogue())) for spine in spines])
    return [each.book.metadata.title for each in shelved if each.book]


def page(*lines: str, size: int = 36, ground: tuple[int, int, int] = PAPER) -> Image.Image:
    """Lines of text, as long as they are."""
    picture = Image.new("RGB", (1_800, 80 + len(lines) * size * 2), ground)
    for number, line in enumerate(lines):
        place = (60, 40 + number * size * 2)
        ImageDraw.Draw(picture).text(place, line, INK, ImageFont.load_default(size))
    return picture


def spine_of(text: str, *, way: int, author: str = "") -> Image.Image:
    """A book's spine as wide as 120 pixels, its text running so many degrees to the left."""
    lying = Image.new("RGB", (1_000, 120), (150, 40, 50))
    draw, font = ImageDraw.Draw(lying), ImageFont.load_default(56)
    draw.text((40, 25), text, PAPER, font)
    draw.text((960, 25), author, PAPER, font, anchor="ra")
    return lying.rotate(way, expand=True)


def shelf_of(*spines: Image.Image) -> Photo:
    width = sum(spine.width + 20 for spine in spines)
    photo = Image.new("RGB", (width + 40, 1_100), (60, 40, 30))
    left = 20
    for spine in spines:
        photo.paste(spine, (left, 50))
        left += spine.width + 20
    return Photo(photo)


@pytest.mark.parametrize("way", [90, -90], ids=["upwards", "downwards"])
def test_a_spine_is_read_whichever_way_its_text_runs(way: int, reader: OcrReader) -> None:
    """And is known, in order from left to right, its box around it."""
    photo = shelf_of(
        spine_of("THE HOBBIT", author="TOLKIEN", way=way),
        spine_of("NEVERWHERE", author="NEIL GAIMAN", way=way),
    )

    spines = reader.read(photo)

    assert ["The Hobbit", "Neverwhere"] == titles(spines)
    hobbit = next(spine for spine in spines if "HOBBIT" in spine.text.upper())
    assert 0 < hobbit.box.x1 < hobbit.box.x2 < 0.5
    assert all(0.5 <= line.confidence <= 1 for spine in spines for line in spine.lines)


@pytest.mark.parametrize("photo", ["cj_example.jpg", "lk_spines.jpg"])
def test_a_photo_is_read_the_same_each_time(photo: str, reader: OcrReader) -> None:
    """A message that is delivered twice unfolds into the same spines."""
    decoded = Photo.decode((PHOTOS / photo).read_bytes())

    assert reader.read(decoded) == reader.read(decoded)


@pytest.mark.timeout(600)
def test_the_projects_photos_are_read_as_well_as_they_should_be() -> None:
    """One of the three is a library's shelf, with labels over its titles and glare on them."""
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.scan_accuracy", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    totals: dict[str, Any] = json.loads(said)

    assert totals["closed"]["recall"] >= 0.75
    assert totals["closed"]["precision"] >= 0.97
    assert totals["open"]["precision"] >= 0.9
    assert totals["peakMb"] <= 1_600


def noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (1_500, 2_000, 3), dtype=np.uint8))


def coarse_noise() -> Image.Image:
    return Image.effect_noise((250, 190), 140).resize((2_000, 1_500), Image.Resampling.NEAREST).convert("RGB")


@pytest.mark.parametrize(
    "picture",
    [
        lambda: Image.new("RGB", (1_600, 1_200), (200, 190, 170)),
        lambda: Image.linear_gradient("L").resize((1_600, 1_200)).convert("RGB"),
        noise,
        coarse_noise,
        lambda: Image.new("RGB", (64, 64)),
        lambda: Image.new("RGB", (4_200, 64), "white"),
        lambda: Image.new("RGB", (64, 4_200), "white"),
    ],
    ids=["a wall", "a shadow", "noise", "coarse noise", "the smallest", "the widest", "the highest"],
)
def test_a_picture_without_text_has_no_spines(picture: Callable[[], Image.Image], reader: OcrReader) -> None:
    """Nor an error."""
    assert [] == reader.read(Photo(picture()))


@pytest.mark.parametrize(
    "picture",
    [
        page(*PROSE.splitlines()),
        page(*GAMES, size=60, ground=(120, 170, 190)),
        page("EXIT", "NO SMOKING", "Mind the gap", "OPEN 24 HOURS", size=90, ground=(220, 230, 90)),
    ],
    ids=["a page of prose", "board games", "signs"],
)
def test_text_that_is_no_books_names_none(picture: Image.Image, reader: OcrReader) -> None:
    """What was read is there for a person to look at; no book is made of it."""
    spines = reader.read(Photo(picture))

    assert spines
    assert [] == titles(spines)


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "functions")},
        capture_output=True,
        text=True,
        check=True,
    )


def test_any_shape_of_photo_is_read_in_bounded_memory() -> None:
    """And without a word in the log: neither of its models nor of photos on which nothing is found."""
    said = run(EXTREMES)

    assert int(said.stdout) <= 1_600
    assert "" == said.stderr


def test_as_many_threads_read_as_there_are_cores_to_use() -> None:
    """Not as many as the machine has: in a container those are more, and wait for each other."""
    assert 0 == int(run(THREADS).stdout)
