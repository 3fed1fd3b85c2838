"""A photo as it comes from anybody: what is decoded, how it is turned, and what is left behind."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from PIL import ExifTags, Image

from books.spines.photo import Photo

SIZE = (120, 80)
RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 160, 30), (30, 30, 220), (255, 255, 255)
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAUJtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "AA5waXRtAAAAAAABAAAAImlsb2MAAAAAREAAAQABAAAAAAFmAAEAAAAAAAAAHgAAACNpaW5mAAAAAAABAAAAFWluZmUCAAAAAAEA"
    "AGh2YzEAAAAAwmlwcnAAAACkaXBjbwAAAHhodmNDAQNwAAAAAAAAAAAAHvAA/P34+AAADwMgAAEAGEABDAH//wNwAAADAJAAAAMA"
    "AAMAHroCQCEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoDCBBZbqSSmubgIaDAgAAAMACAAAAwAIQCIAAQAHRAHBcrAiQAAAABRpc3Bl"
    "AAAAAAAAAGAAAABAAAAAEHBpeGkAAAAAAwgICAAAABZpcG1hAAAAAAAAAAEAAQOBAgMAAAAmbWRhdAAAABooAa8ZgPcJGb6NCJHu"
    "H5FNqmY+zfjSHBQyng=="
)
"""A gradient of 96 by 64 pixels."""


def corners() -> Image.Image:
    """A picture that tells which way it is turned: red, green, blue and white from the top left, clockwise."""
    picture = Image.new("RGB", SIZE, WHITE)
    width, height = SIZE[0] // 2, SIZE[1] // 2
    picture.paste(RED, (0, 0, width, height))
    picture.paste(GREEN, (width, 0, *(width * 2, height)))
    picture.paste(BLUE, (width, height, width * 2, height * 2))
    return picture


def file(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def seen(photo: Photo) -> list[tuple[int, ...]]:
    """What stands in the four corners, from the top left, clockwise."""
    right, bottom = photo.width - 8, photo.height - 8
    return [pixel(photo, *at) for at in ((8, 8), (right, 8), (right, bottom), (8, bottom))]


def pixel(photo: Photo, x: int, y: int) -> tuple[int, ...]:
    colour = photo.image.getpixel((x, y))
    assert isinstance(colour, tuple)
    return colour


def alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 30 for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_three_types_of_the_web_are_decoded(kind: str) -> None:
    """To RGB of the same size."""
    photo = Photo.decode(file(corners(), kind))

    assert (*SIZE, "RGB") == (photo.width, photo.height, photo.image.mode)
    assert all(map(alike, [RED, GREEN, BLUE, WHITE], seen(photo)))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
@pytest.mark.parametrize(
    ("orientation", "stored"),
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_a_photo_is_turned_as_its_exif_says(
    orientation: int, stored: Image.Transpose | None, kind: str
) -> None:
    """All eight ways in which a camera may have been held (EXIF 2.3, 4.6.4, tag 274)."""
    picture = corners() if stored is None else corners().transpose(stored)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation

    photo = Photo.decode(file(picture, kind, exif=exif.tobytes()))

    assert SIZE == (photo.width, photo.height)
    assert all(map(alike, [RED, GREEN, BLUE, WHITE], seen(photo)))


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_orientation_that_there_is_not_is_ignored(orientation: int) -> None:
    """The photo is as it is stored."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation

    assert SIZE == Photo.decode(file(corners(), "JPEG", exif=exif.tobytes())).image.size


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"MM\0*\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff",
        b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\0\0\0\x026\0\0\0\0\0\0\0",
    ],
    ids=["empty", "an address beyond its end", "more fields than it has", "an orientation in words"],
)
def test_a_photo_is_read_whatever_its_exif_is(exif: bytes) -> None:
    """Broken by a program that changed it, or cut off."""
    data = file(corners(), "JPEG", exif=b"Exif\0\0" + exif)

    assert SIZE == Photo.decode(data).image.size


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_where_a_photo_was_taken_is_forgotten(kind: str) -> None:
    """Neither the decoded photo nor a JPEG made of it holds anything but pixels."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "SECRETCAMERA"
    exif[ExifTags.IFD.GPSInfo] = {
        ExifTags.GPS.GPSLatitudeRef: "N",
        ExifTags.GPS.GPSLatitude: (52.0, 31.0, 12.0),
    }
    data = file(corners(), kind, exif=exif.tobytes())
    assert b"SECRETCAMERA" in data

    photo = Photo.decode(data)
    sent = photo.jpeg(max_side=1_000, max_bytes=100_000)

    assert {} == photo.image.info
    assert {} == dict(photo.image.getexif())
    assert {} == dict(Image.open(io.BytesIO(sent)).getexif())
    assert b"SECRETCAMERA" not in sent
    assert b"Exif" not in sent


@pytest.mark.parametrize(
    ("picture", "kind"),
    [
        (corners().convert("L"), "JPEG"),
        (corners().convert("L"), "PNG"),
        (corners().convert("P"), "PNG"),
        (corners().convert("1"), "PNG"),
        (corners().convert("CMYK"), "JPEG"),
        (corners().convert("YCbCr"), "JPEG"),
        (corners().convert("RGBA"), "PNG"),
        (corners().convert("LA"), "PNG"),
        (corners().convert("RGBA"), "WEBP"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.mode,
)
def test_whatever_its_colours_a_photo_becomes_rgb(picture: Image.Image, kind: str) -> None:
    """Red stays darker than white, and every pixel has three values."""
    photo = Photo.decode(file(picture, kind))

    assert "RGB" == photo.image.mode
    assert alike(WHITE, pixel(photo, 8, SIZE[1] - 8))
    assert sum(pixel(photo, 8, 8)) < 600


def test_sixteen_bits_of_grey_keep_their_greys() -> None:
    """Pillow's own conversion makes everything over 255 of 65,535 white."""
    picture = Image.new("I;16", SIZE, 32_768)

    assert (128, 128, 128) == pixel(Photo.decode(file(picture)), 8, 8)


def test_what_shows_through_is_white() -> None:
    """As a page is where nothing is printed."""
    picture = Image.new("RGBA", SIZE, (0, 0, 0, 0))
    indexed = Image.new("P", SIZE, 0)

    assert WHITE == pixel(Photo.decode(file(picture)), 8, 8)
    assert WHITE == pixel(Photo.decode(file(indexed, transparency=0)), 8, 8)


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_of_moving_pictures_the_first_is_read(kind: str) -> None:
    """A photo that moves is a photo all the same."""
    rest = [Image.new("RGB", SIZE, "black") for _ in range(3)]
    data = file(corners(), kind, save_all=True, append_images=rest, duration=100)

    assert alike(RED, pixel(Photo.decode(data), 8, 8))


def test_a_photo_larger_than_any_reader_wants_is_made_smaller() -> None:
    """Before it is turned and copied; in proportion."""
    photo = Photo.decode(file(Image.new("L", (6_000, 4_500), "grey"), "PNG"))

    assert (4_200, 3_150) == photo.image.size


def test_a_jpeg_much_larger_is_decoded_at_a_part_of_its_size() -> None:
    """8,800 pixels are decoded as 4,400, a quarter of the memory, and then brought to the working size."""
    photo = Photo.decode(file(Image.new("L", (8_800, 1_000), "grey"), "JPEG"))

    assert (4_200, 477) == photo.image.size


def test_a_photo_of_an_iphone_is_read() -> None:
    """HEIC, turned upright as its own header says."""
    assert (96, 64) == Photo.decode(HEIC).image.size


@pytest.mark.parametrize(
    ("longest", "at_most", "expected"), [(60, 2.0, (60, 40)), (1_000, 2.0, (240, 160)), (1_000, 1.0, SIZE)]
)
def test_a_photo_is_scaled_in_proportion(longest: int, at_most: float, expected: tuple[int, int]) -> None:
    """But never enlarged beyond what is allowed: there is no more to see."""
    assert expected == Photo(corners()).scaled(longest, at_most=at_most).size


@pytest.mark.parametrize("side", [64, 100, 5_000])
@pytest.mark.parametrize("size", [2_000, 6_000, 100_000])
def test_a_jpeg_keeps_within_its_bounds(side: int, size: int) -> None:
    """In bytes and in pixels: what a model takes is bounded in both."""
    noise = Image.effect_noise((400, 300), 100).convert("RGB")

    data = Photo(noise).jpeg(max_side=side, max_bytes=size)

    assert len(data) <= size
    assert max(Image.open(io.BytesIO(data)).size) <= side


def test_a_jpeg_of_no_bytes_cannot_be_made() -> None:
    """It is said, rather than tried for ever."""
    with pytest.raises(ValueError, match="no JPEG has only 10 bytes"):
        Photo(corners()).jpeg(max_side=100, max_bytes=10)
