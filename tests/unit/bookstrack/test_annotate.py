"""What is drawn on photos, on pictures made for it: a white sheet has no colours but those of frames and labels."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from bookstrack.annotate import FORMATS, annotate, encoded, upright
from bookstrack.errors import InputError
from bookstrack.types import Book, Box, ScanResult, Suggestion

GREEN, ORANGE, WHITE = (0, 128, 60), (214, 92, 0), (255, 255, 255)
LEFT = Box(x1=0.1, y1=0.1, x2=0.2, y2=0.9)
RIGHT = Box(x1=0.7, y1=0.1, x2=0.8, y2=0.9)
PHOTO = Path("tests/data/photos/cj_example.jpg")
ORIENTATION, GPS = 0x0112, 0x8825


def photo(size: tuple[int, int] = (1600, 1200), **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "white").save(file, "JPEG", **options)
    return file.getvalue()


def result(books: list[Box], suggestions: list[Box], title: str = "Emma") -> ScanResult:
    return ScanResult(
        job_id="x",
        status="completed",
        books=tuple(
            Book(title=title, metadata={}, confidence=1, author_confirmed=True, text="", box=box, spine=0)
            for box in books
        ),
        suggestions=tuple(Suggestion(text="", box=box, spine=0, candidates=()) for box in suggestions),
    )


def near(image: Image.Image, colour: tuple[int, int, int], x: float, y: float) -> bool:
    """Whether the colour is on the picture within a hundredth of the place."""
    width, height = image.size
    left, top = round((x - 0.01) * width), round((y - 0.01) * height)
    around = image.crop((left, top, left + width // 50, top + height // 50))
    return colour in [found for _, found in around.getcolors(1_000_000) or []]


def test_a_book_has_a_green_frame_and_a_suggestion_an_orange_one() -> None:
    """Each where its spine is."""
    drawn = annotate(upright(photo()), result([LEFT], [RIGHT]))

    assert (True, False) == (near(drawn, GREEN, 0.2, 0.85), near(drawn, ORANGE, 0.2, 0.85))
    assert (False, True) == (near(drawn, GREEN, 0.8, 0.85), near(drawn, ORANGE, 0.8, 0.85))
    assert not near(drawn, GREEN, 0.5, 0.5)


def test_a_title_is_written_on_its_book() -> None:
    """Another title, another picture; the photo itself stays as it was."""
    sheet = upright(photo())
    one, other = (annotate(sheet, result([LEFT], [], title)) for title in ("Emma", "Persuasion"))

    assert one.tobytes() != other.tobytes()
    assert [(1600 * 1200, WHITE)] == sheet.getcolors()


def test_boxes_are_of_the_photo_as_it_is_looked_at() -> None:
    """A photo taken with the camera on its side is turned first: EXIF orientation 6 turns it clockwise."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    drawn = annotate(upright(photo((1600, 1200), exif=exif)), result([LEFT], []))

    assert (1200, 1600) == drawn.size
    assert near(drawn, GREEN, 0.2, 0.85)


def test_where_a_photo_was_taken_is_not_passed_on() -> None:
    """What its colours mean is."""
    exif = Image.Exif()
    exif[GPS] = {1: "N", 2: (48.0, 8.0, 0.0)}
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    for format_ in set(FORMATS.values()):
        file = encoded(annotate(upright(photo(exif=exif, icc_profile=profile)), result([], [])), format_)
        with Image.open(io.BytesIO(file)) as written:
            assert (format_, {}) == (written.format, dict(written.getexif()))
            assert profile == written.info["icc_profile"]


@pytest.mark.parametrize(
    ("size", "drawn"),
    [
        ((640, 480), (1600, 1200)),
        ((2000, 500), (2000, 500)),
        ((6000, 300), (4000, 200)),
        ((1, 1000), (2, 1600)),
    ],
)
def test_a_picture_has_a_size_that_can_be_written_on(size: tuple[int, int], drawn: tuple[int, int]) -> None:
    """Small ones are enlarged, huge ones made smaller."""
    assert drawn == annotate(upright(photo(size)), result([LEFT], [RIGHT])).size


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "I;16", "1"])
def test_pictures_of_any_kind_of_pixel_are_drawn_on(mode: str) -> None:
    """In colour."""
    file = io.BytesIO()
    Image.new(mode, (1600, 1200), 1).save(file, "PNG")

    assert near(annotate(upright(file.getvalue()), result([LEFT], [])), GREEN, 0.2, 0.85)


@pytest.mark.parametrize(
    "content", [b"%PDF-1.4", b"", PHOTO.read_bytes()[:20_000]], ids=["pdf", "empty", "cut off"]
)
def test_what_cannot_be_drawn_on_is_told(content: bytes) -> None:
    """Before it is scanned for nothing."""
    with pytest.raises(InputError, match="cannot be drawn on"):
        upright(content)


def test_boxes_and_titles_of_any_shape_are_drawn() -> None:
    """Empty and whole, with letters of any script and none."""
    boxes = [Box(x1=0, y1=0, x2=1, y2=1), Box(x1=1, y1=1, x2=1, y2=1), Box(x1=0, y1=0.5, x2=1, y2=0.5)]
    for title in ("", "Война и мир", "源氏物語", "a" * 1000, "two\nlines", "\x1b[2J\0"):
        annotate(upright(photo()), result(boxes, boxes, title))
