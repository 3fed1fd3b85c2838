"""Files that are no photo, or that would rather be a bomb: a clear refusal, in bounded memory."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from books.spines.errors import PhotoError
from books.spines.photo import MAX_PIXELS, Photo

FUNCTIONS = Path(__file__).parents[4] / "functions"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"
GREY, RGBA = 0, 6
"""PNG's colour types (ISO/IEC 15948, 11.2.2)."""

DECODE = """
import sys
from books.spines.errors import PhotoError
from books.spines.photo import Photo
from PIL import JpegImagePlugin, PngImagePlugin, WebPImagePlugin
def peak():  # proc(5): of this process alone, where getrusage begins with its parent's
    return int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]) // 1024
data = open(sys.argv[1], "rb").read()
before = peak()
try:
    print(Photo.decode(data).image.size)
except PhotoError as error:
    print(error)
print(peak() - before)
"""


def photo(kind: str) -> bytes:
    written = io.BytesIO()
    picture = Image.linear_gradient("L").convert("RGB")
    picture.save(written, kind)
    return written.getvalue()


def png(width: int, height: int, colour_type: int = GREY, *, rows: int = 0) -> bytes:
    """A PNG that says it has that size, with the first rows of it, all black."""
    channels = {GREY: 1, RGBA: 4}[colour_type]
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    packer = zlib.compressobj(1)
    row = bytes(1 + width * channels)
    data = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def webp_that_says_it_is_huge() -> bytes:
    """16,383 pixels each way, the most that 14 bits hold, in a file of a small picture."""
    written = io.BytesIO()
    Image.new("RGB", (64, 64)).save(written, "WEBP", lossless=True)
    data = bytearray(written.getvalue())
    at = data.index(b"VP8L") + 9
    (bits,) = struct.unpack_from("<I", data, at)
    struct.pack_into("<I", data, at, bits | 0x0FFF_FFFF)
    return bytes(data)


def jpeg(width: int, height: int, *, progressive: bool = False) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), "grey").save(written, "JPEG", progressive=progressive, subsampling=0)
    return written.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"\0" * 1_000, "send a JPEG, PNG, WebP or HEIC file"),
        (PDF, "send a JPEG, PNG, WebP or HEIC file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "send a JPEG, PNG, WebP or HEIC file"),
        (b"GIF89a\x80\0\x80\0\0\0\0;", "send a JPEG, PNG, WebP or HEIC file"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", "send a JPEG, PNG, WebP or HEIC file"),
        (png(1, 1, rows=1), "only 1 by 1 pixels"),
        (png(4_000, 10, rows=10), "only 4,000 by 10 pixels"),
        (photo("PNG")[:-200], "damaged or cut off"),
        (photo("JPEG")[:-200], "damaged or cut off"),
        (photo("JPEG")[:300], "damaged or cut off"),
        (photo("WEBP")[:-100], "send a JPEG, PNG, WebP or HEIC file|damaged or cut off"),
        (png(9_000, 8_000), "has 9,000 by 8,000 pixels, where 64 million"),
        (png(50_000, 50_000), "has far too many pixels, where 64 million"),
        (webp_that_says_it_is_huge(), "has far too many pixels, where 64 million"),
    ],
    ids=[
        "nothing",
        "zeros",
        "a PDF",
        "an SVG",
        "a GIF",
        "PostScript",
        "one pixel",
        "a line",
        "a PNG cut off",
        "a JPEG cut off",
        "a JPEG of a head",
        "a WebP cut off",
        "72 megapixels",
        "2,500 megapixels",
        "a huge WebP",
    ],
)
def test_what_is_no_photo_is_refused_in_words(data: bytes, says: str) -> None:
    """That say what to do; whatever the file's name is, its bytes count."""
    with pytest.raises(PhotoError, match=says):
        Photo.decode(data)


@pytest.mark.parametrize(
    ("data", "outcome", "most"),
    [
        (png(50_000, 50_000), "where 64 million", 16),
        (webp_that_says_it_is_huge(), "where 64 million", 16),
        (png(8_000, 8_000, RGBA, rows=8_000), "(4200, 4200)", 750),
        (jpeg(8_000, 8_000, progressive=True), "(4200, 4200)", 800),
        (jpeg(12_000, 5_333), "(4200, 1867)", 160),
    ],
    ids=[
        "2,500 megapixels",
        "a huge WebP",
        "a black square",
        "a progressive JPEG",
        "a plain JPEG",
    ],
)
def test_memory_is_bounded(data: bytes, outcome: str, most: int, tmp_path: Path) -> None:
    """In megabytes beyond what the decoder itself takes: four bytes a pixel decoded, and once more where it shows
    through; nothing is decoded of what is too large, and a quarter of a plain JPEG of more than 8,400 pixels."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)

    said = subprocess.run(
        [sys.executable, "-c", DECODE, str(path)],
        env={"PYTHONPATH": str(FUNCTIONS)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert outcome in said
    assert most >= int(said.splitlines()[-1])


def test_as_many_pixels_as_are_allowed_can_be_read() -> None:
    """And one row more cannot."""
    assert (4_200, 4_200) == Photo.decode(png(8_000, MAX_PIXELS // 8_000, rows=8_000)).image.size
    with pytest.raises(PhotoError, match="where 64 million"):
        Photo.decode(png(8_000, MAX_PIXELS // 8_000 + 1, rows=0))


def decodes_or_says_why(data: bytes) -> None:
    try:
        assert "RGB" == Photo.decode(data).image.mode
    except PhotoError as error:
        assert str(error).endswith((".", "!"))


@settings(deadline=None)
@given(
    st.binary(max_size=2_000),
    st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"]),
)
def test_any_bytes_are_a_photo_or_refused(data: bytes, magic: bytes) -> None:
    """By nothing but a PhotoError."""
    decodes_or_says_why(magic + data)


PHOTOS = {kind: photo(kind) for kind in ("JPEG", "PNG", "WEBP")}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(list(PHOTOS)), st.data())
def test_a_photo_cut_off_anywhere_is_a_photo_or_refused(kind: str, data: st.DataObject) -> None:
    """By nothing but a PhotoError."""
    whole = PHOTOS[kind]

    decodes_or_says_why(whole[: data.draw(st.integers(0, len(whole)))])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(list(PHOTOS)),
    st.lists(st.tuples(st.integers(0, 4_000), st.binary(min_size=1, max_size=8)), min_size=1, max_size=8),
)
def test_a_photo_damaged_anywhere_is_a_photo_or_refused(kind: str, damage: list[tuple[int, bytes]]) -> None:
    """By nothing but a PhotoError, most of all where its header is damaged."""
    data = bytearray(PHOTOS[kind])
    for place, noise in damage:
        data[place % len(data) : place % len(data) + len(noise)] = noise

    decodes_or_says_why(bytes(data))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, len(PHOTOS["PNG"])), min_size=2, max_size=6).map(sorted))
def test_a_photo_in_pieces_is_a_photo_or_refused(cuts: list[int]) -> None:
    """Its chunks out of order, some of them twice."""
    parts = [PHOTOS["PNG"][start:end] for start, end in pairwise([0, *cuts])]

    decodes_or_says_why(b"".join([*parts, *reversed(parts)]))
