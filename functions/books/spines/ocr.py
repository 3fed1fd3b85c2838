"""Reads spines offline: RapidOCR (PP-OCRv6, whose models come in its wheel) finds and reads text, `grouping` makes
spines of it. https://rapidai.github.io/RapidOCRDocs/

A detector made for pages misses much of what runs up or down a spine; so the photo is read twice, as it is and turned
by a quarter, and the better reading of each place is kept. Small print on a crowded shelf is read again from two
halves at a larger scale.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from PIL import Image
from rapidocr import RapidOCR

from books.spines import grouping
from books.spines.grouping import Piece, Point
from books.spines.photo import Photo
from books.spines.spine import Spine

_SIDE = 2_000
"""Pixels of the longer side: half as many lose a tenth of the titles, twice as many take three times the memory."""
_CROWDED = 45
"""With so many pieces of text the print is small: it is worth a closer look."""
_HALF = 0.56
"""What each half covers: they overlap, so that a spine on the border is whole in one of them."""
_CLOSER = 1.3
"""A half is read again only where that shows so many times more detail."""
_LEAST_CONFIDENCE = 0.5

_Pixels = np.ndarray[Any, Any]


class OcrReader:
    """Made once for a process: the models take a second to load."""

    @cached_property
    def _engine(self) -> RapidOCR:
        return RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.max_side_len": _SIDE,
                "Global.text_score": _LEAST_CONFIDENCE,
                "EngineConfig.onnxruntime.intra_op_num_threads": os.cpu_count() or 1,
            }
        )

    def read(self, photo: Photo) -> list[Spine]:
        """The spines, from left to right."""
        whole = photo.scaled(_SIDE)
        pixels = _bgr(whole)
        colours = _colours(pixels)
        pieces = grouping.merge(list(self._pieces(pixels, colours)))
        if len(pieces) >= _CROWDED:
            pieces = grouping.merge([*pieces, *self._closer(photo, whole.size, colours)])
        return grouping.spines(pieces, *whole.size)

    def _closer(self, photo: Photo, size: tuple[int, int], colours: _Pixels) -> Iterator[Piece]:
        """What is read on the two halves of a photo, in the whole's coordinates."""
        for left, top, right, bottom in _halves(photo.width, photo.height):
            half = Photo(photo.image.crop((left, top, right, bottom)))
            enlarged = half.scaled(_SIDE)
            scale = enlarged.width / half.width * photo.width / size[0]
            if scale < _CLOSER:
                return
            origin = (left * size[0] / photo.width, top * size[1] / photo.height)
            yield from self._pieces(_bgr(enlarged), colours, origin, scale)

    def _pieces(
        self, pixels: _Pixels, colours: _Pixels, origin: Point = (0.0, 0.0), scale: float = 1.0
    ) -> Iterator[Piece]:
        width = pixels.shape[1]
        for turns in (0, 1):
            read = self._engine(np.ascontiguousarray(np.rot90(pixels, turns)))
            if read.boxes is None or read.txts is None or read.scores is None:
                continue
            for box, text, confidence in zip(read.boxes, read.txts, read.scores, strict=True):
                # A quarter turn to the left took (x, y) to (y, width - 1 - x).
                corners = [(width - 1 - y, x) if turns else (x, y) for x, y in box.tolist()]
                placed = [(x / scale + origin[0], y / scale + origin[1]) for x, y in corners]
                yield Piece(
                    text=text,
                    confidence=float(confidence),
                    corners=(placed[0], placed[1], placed[2], placed[3]),
                    colour=_colour(colours, placed),
                )


def _halves(width: int, height: int) -> list[tuple[int, int, int, int]]:
    if width >= height:
        part = round(width * _HALF)
        return [(0, 0, part, height), (width - part, 0, width, height)]
    part = round(height * _HALF)
    return [(0, 0, width, part), (0, height - part, width, height)]


def _bgr(image: Image.Image) -> _Pixels:
    """As OpenCV has colours."""
    return np.asarray(image)[:, :, ::-1]


def _colours(pixels: _Pixels) -> _Pixels:
    """Each pixel in L*a*b*, where distances are what eyes see."""
    return cv2.cvtColor(np.ascontiguousarray(pixels, dtype=np.float32) / 255, cv2.COLOR_BGR2LAB)


def _colour(colours: _Pixels, corners: list[Point]) -> tuple[float, float, float] | None:
    """What a text is printed on: the median within its corners, since letters cover less than half."""
    outline = np.array(corners, dtype=np.int32)
    x, y, width, height = cv2.boundingRect(outline)
    left, top = max(0, x), max(0, y)
    region = colours[top : y + height, left : x + width]
    if not region.size:
        return None
    mask = np.zeros(region.shape[:2], np.uint8)
    cv2.fillPoly(mask, [outline - np.array([left, top], dtype=np.int32)], (1,))
    inside = region[mask > 0]
    if not inside.size:
        return None
    lightness, a, b = np.median(inside, axis=0).tolist()
    return lightness, a, b
