"""Draws what a scan found on its photo. Needs Pillow: `pip install 'bookstrack-progress[annotate]'`.

Books are green, with their titles; what is only suggested is orange, with a question mark. The numbers are those of the
command line's tables: books from 1, then suggestions.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageFont, ImageOps

from bookstrack.errors import InputError
from bookstrack.labels import Area, Label, fit, place
from bookstrack.types import Box, ScanResult

FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
"""What can be written, by the end of the file's name."""

_LARGEST_SIDE = 4_000
_SMALLEST_SIDE = 1_600
"""A smaller photo is enlarged, since its spines are too narrow to write on."""
_LINES_ON_LONG_SIDE = 110
"""So many lines of the smallest writing, one under the other, would fill the longer side."""
_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "arial.ttf")
"""With more letters than Pillow's own, which serves where none of them is installed."""

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class _Style:
    colour: tuple[int, int, int]
    thickness: int
    """Of its frame, as a multiple."""


_BOOK = _Style((0, 128, 60), 2)
_SUGGESTION = _Style((214, 92, 0), 1)


@dataclass(frozen=True)
class _Mark:
    box: Box
    text: str
    style: _Style


def upright(photo: bytes) -> Image.Image:
    """The picture in a photo, turned as its EXIF orientation says, in a size that can be written on.

    Raises:
        InputError: Pillow cannot read it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # broken EXIF and large pictures: neither is in the way
            _register_heif()
            with Image.open(io.BytesIO(photo)) as image:
                image.draft("RGB", (_LARGEST_SIDE, _LARGEST_SIDE))
                turned = ImageOps.exif_transpose(image)
                profile = turned.info.get("icc_profile") if turned.mode == "RGB" else None
                plain = _resized(turned.convert("RGB"))
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        ArithmeticError,
        Image.DecompressionBombError,
    ) as error:
        # Pillow's decoders raise all of these for files that are broken or no pictures.
        raise InputError(
            "the photo cannot be drawn on: Pillow does not read it (for HEIC: pip install pi-heif)"
        ) from error
    # Where the photo was taken stays behind; its colours' meaning does not.
    plain.info = {"icc_profile": profile} if profile else {}
    return plain


def annotate(image: Image.Image, result: ScanResult) -> Image.Image:
    """A copy of an `upright` picture with a frame around each spine, books with their titles."""
    drawn = image.copy()
    marks = list(_marks(result))
    _frame(drawn, marks)
    taken: list[Area] = []
    for mark in marks:
        area = _pixels(drawn, mark.box)
        label = fit(mark.text, area, smallest=max(drawn.size) / _LINES_ON_LONG_SIDE, measure=_measure)
        spot = place(label, area, drawn.size, taken)
        taken.append(spot)
        tile = _tile(label, mark.style)
        drawn.paste(tile, (round(spot.x1), round(spot.y1)), tile)
    return drawn


def encoded(image: Image.Image, format: str) -> bytes:  # noqa: A002 Pillow's name
    """As a file; `format` is one of the values of `FORMATS`."""
    file = io.BytesIO()
    image.save(file, format, quality=90, icc_profile=image.info.get("icc_profile"))
    return file.getvalue()


def _marks(result: ScanResult) -> Iterator[_Mark]:
    """Books first: where there is room for one label alone, it is theirs."""
    for number, book in enumerate(result.books, start=1):
        yield _Mark(book.box, f"{number} {book.title}", _BOOK)
    for number, suggestion in enumerate(result.suggestions, start=len(result.books) + 1):
        yield _Mark(suggestion.box, f"{number}?", _SUGGESTION)


def _frame(image: Image.Image, marks: list[_Mark]) -> None:
    draw = ImageDraw.Draw(image)
    thin = max(1, max(image.size) // 800)
    for mark in reversed(marks):
        area = _pixels(image, mark.box)
        width = thin * mark.style.thickness
        # A light line around it: a frame must be seen on dark and on light spines.
        draw.rectangle(
            (area.x1 - thin, area.y1 - thin, area.x2 + thin, area.y2 + thin), outline="white", width=thin
        )
        draw.rectangle((area.x1, area.y1, area.x2, area.y2), outline=mark.style.colour, width=width)


def _tile(label: Label, style: _Style) -> Image.Image:
    """The label as a picture, turned as spines are read: from the top down."""
    tile = Image.new("RGBA", (round(label.length), round(label.height)), (*style.colour, 225))
    draw = ImageDraw.Draw(tile)
    middle = (label.length / 2, label.height / 2)
    draw.text(middle, label.text, font=_font(label.size), fill="white", anchor="mm")
    return tile.rotate(-90, expand=True) if label.turned else tile


def _pixels(image: Image.Image, box: Box) -> Area:
    width, height = image.width - 1, image.height - 1
    return Area(box.x1 * width, box.y1 * height, box.x2 * width, box.y2 * height)


def _resized(image: Image.Image) -> Image.Image:
    longest = max(image.size)
    factor = min(_LARGEST_SIDE, max(_SMALLEST_SIDE, longest)) / longest
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)


def _measure(text: str, size: int) -> float:
    return _font(size).getbbox(text)[2]


@cache
def _font(size: int) -> _Font:
    for name in _FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _register_heif() -> None:
    try:
        from pi_heif import register_heif_opener
    except ImportError:
        return
    register_heif_opener()
