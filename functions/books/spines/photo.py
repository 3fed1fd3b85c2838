"""A photo as it comes from anybody: decoded within bounds, turned upright, and stripped of all that is no picture.

What a file is, is read from its bytes, never from its name. The size stands in its header and is looked at before
anything is decoded: a small file can hold a picture of gigabytes. EXIF, with the place where a photo was taken, ends
here: what goes on is pixels.
"""

from __future__ import annotations

import io
import math
import warnings
from dataclasses import dataclass

import pi_heif
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from books.spines.errors import PhotoError

pi_heif.register_heif_opener()

_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
"""HEIF is what iPhones make."""
MAX_PIXELS = 64_000_000
"""Phones take up to 50 megapixels."""
MIN_SIDE = 64
"""Smaller than that there is no spine to read."""
_WORKING_SIDE = 4_200
"""More pixels on the longer side than any reader wants: what is larger is made smaller as early as it can be."""
_QUALITIES = (92, 85, 75, 60, 45)


@dataclass(frozen=True)
class Photo:
    """An upright RGB picture."""

    image: Image.Image

    @classmethod
    def decode(cls, data: bytes) -> Photo:
        """The photo that a file holds, at most 4,200 pixels on its longer side.

        Raises:
            PhotoError: it is not a picture of a type known here, is broken, too large, or too small.
        """
        if not data:
            raise PhotoError("The photo is empty: send it again.")
        with warnings.catch_warnings():
            # What the decoder finds odd about a file is no concern of whoever sent it.
            warnings.simplefilter("ignore")
            try:
                return cls(_decoded(data))
            except PhotoError:
                raise
            except Image.DecompressionBombError as error:
                raise _too_large("far too many pixels") from error
            except UnidentifiedImageError as error:
                raise PhotoError(
                    "The file is not a photo that can be read here: send a JPEG, PNG, WebP or HEIC file."
                ) from error
            except Exception as error:  # for a broken file the decoders raise whatever they run into
                raise PhotoError("The photo is damaged or cut off: send it again.") from error

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
        """As a JPEG file within those bounds, with nothing in it but the picture.

        Raises:
            ValueError: no picture is so small.
        """
        side = min(max_side, max(self.image.size))
        while side:
            image = self.scaled(side, at_most=1.0)
            for quality in _QUALITIES:
                file = io.BytesIO()
                image.save(file, "JPEG", quality=quality)
                if file.tell() <= max_bytes:
                    return file.getvalue()
            side = side * 3 // 4
        raise ValueError(f"no JPEG has only {max_bytes} bytes")


def _decoded(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise _too_large(f"{width:,} by {height:,} pixels")
        if min(width, height) < MIN_SIDE:
            raise PhotoError(
                f"The photo has only {width:,} by {height:,} pixels: no spine can be read on it."
            )
        # A JPEG is decoded at a half, a quarter or an eighth of its size where that is enough.
        enough = _WORKING_SIDE / max(width, height)
        image.draft(None, (math.ceil(width * enough), math.ceil(height * enough)))
        image.load()
        orientation = _orientation(image)
        small = _smaller(image)
    return _upright(_plain(small), orientation)


def _too_large(size: str) -> PhotoError:
    return PhotoError(
        f"The photo has {size}, where {MAX_PIXELS // 1_000_000} million in all can be read: make it smaller."
    )


def _orientation(image: Image.Image) -> object:
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 a picture is worth reading whatever is wrong with what came beside it
        return None


def _smaller(image: Image.Image) -> Image.Image:
    """Within the working side, in colours that can be averaged."""
    if image.mode in ("1", "P", "PA"):
        image = image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    elif image.mode.startswith("I"):
        # 16 bits of grey; Pillow would cut off what is over 255 where it means the upper 8 of them.
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    image.thumbnail((_WORKING_SIDE, _WORKING_SIDE))
    return image


def _plain(image: Image.Image) -> Image.Image:
    """RGB on white, without anything that came beside the pixels."""
    if image.mode in ("RGBA", "LA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        image = Image.new("RGB", image.size, "white")
        image.paste(layered, mask=layered.getchannel("A"))
    plain = image.convert("RGB")
    plain.info = {}
    return plain


def _upright(plain: Image.Image, orientation: object) -> Image.Image:
    if orientation not in range(2, 9):
        return plain
    # On the stripped picture: with the file's own EXIF, Pillow would write all of it anew, and fail where it is odd.
    plain.getexif()[ExifTags.Base.Orientation] = orientation
    return ImageOps.exif_transpose(plain)
