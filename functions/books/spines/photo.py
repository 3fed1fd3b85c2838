"""A photo as it comes from anybody: decoded within bounds, turned upright, and stripped of all that is no picture.

What a file is, is read from its bytes, never from its name. The size stands in its header and is looked at before
anything is decoded: a small file can hold a picture of gigabytes. EXIF, with the place where a photo was taken, ends
here: what goes on is pixels.
"""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from books.spines.errors import PhotoError

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMATS = ("JPEG", "PNG", "WEBP")
HEIF = "HEIF"
MAX_PIXELS = 64_000_000
"""Phones take up to 50 megapixels; three bytes each once decoded."""
MIN_SIDE = 64
"""Smaller than that there is no spine to read."""
_WORKING_SIDE = 4_200
"""A JPEG much larger than any reader wants is decoded at a half, a quarter or an eighth of its size."""
_QUALITIES = (92, 85, 75, 60, 45)


@dataclass(frozen=True)
class Photo:
    """An upright RGB picture."""

    image: Image.Image

    @classmethod
    def decode(cls, data: bytes) -> Photo:
        """The photo that a file holds.

        Raises:
            PhotoError: it is not a picture of a type known here, is broken, too large, or too small.
        """
        with _complaints():
            with Image.open(io.BytesIO(data), formats=_formats()) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise PhotoError(
                        f"The photo has {width:,} × {height:,} pixels; at most {MAX_PIXELS // 1_000_000} million "
                        f"can be read. Make it smaller."
                    )
                if min(width, height) < MIN_SIDE:
                    raise PhotoError(
                        f"The photo has only {width} × {height} pixels: no spine can be read on it."
                    )
                image.draft("RGB", (_WORKING_SIDE, _WORKING_SIDE))
                image.load()
                upright = ImageOps.exif_transpose(image)
            return cls(_plain(upright))

    @property
    def width(self) -> int:
        """Pixels."""
        return self.image.width

    @property
    def height(self) -> int:
        """Pixels."""
        return self.image.height

    def scaled(self, longest: int, *, at_most: float = 2.0) -> Image.Image:
        """With that many pixels on its longer side, but never enlarged more than `at_most` times."""
        factor = min(at_most, longest / max(self.image.size))
        size = (max(1, round(self.width * factor)), max(1, round(self.height * factor)))
        return self.image if size == self.image.size else self.image.resize(size, Image.Resampling.LANCZOS)

    def jpeg(self, *, max_side: int, max_bytes: int) -> bytes:
        """As a JPEG file within those bounds, with nothing in it but the picture."""
        side = min(max_side, max(self.image.size))
        while True:
            image = self.scaled(side, at_most=1.0)
            for quality in _QUALITIES:
                file = io.BytesIO()
                image.save(file, "JPEG", quality=quality)
                if file.tell() <= max_bytes:
                    return file.getvalue()
            side = side * 3 // 4


def _formats() -> tuple[str, ...]:
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return FORMATS
    register_heif_opener()
    return (*FORMATS, HEIF)


def _plain(image: Image.Image) -> Image.Image:
    """RGB on white, without anything that came beside the pixels."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        image = Image.new("RGB", image.size, "white")
        image.paste(layered, mask=layered.getchannel("A"))
    plain = image.convert("RGB")
    plain.info = {}
    return plain


@contextmanager
def _complaints() -> Iterator[None]:
    """Turns what the decoder has to say into words for the person who sent the photo."""
    try:
        with warnings.catch_warnings():
            # Broken EXIF is the decoder's worry, not the sender's; the pixel bound is our own.
            warnings.simplefilter("ignore")
            yield
    except PhotoError:
        raise
    except UnidentifiedImageError as error:
        raise PhotoError(
            "The file is not a photo that can be read here: send a JPEG, PNG or WebP file."
        ) from error
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        ArithmeticError,
        Image.DecompressionBombError,
    ) as error:
        # Pillow's decoders raise all of these for files that are cut off or broken.
        raise PhotoError("The photo is damaged or cut off: send it again.") from error


ImageFile.LOAD_TRUNCATED_IMAGES = False
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
