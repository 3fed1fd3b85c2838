"""Reads spines offline: RapidOCR (PP-OCRv6, whose models come in its wheel) finds and reads text, `grouping` makes
spines of it. https://rapidai.github.io/RapidOCRDocs/

Text is looked for twice, on the photo as it is and turned by a quarter: a detector made for pages misses much of what
runs up or down a spine. It is read once, from the sharpest pixels that there are; what the first look read well is not
read again.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np
from PIL import Image

# onnxruntime reports its use to its maker otherwise, as soon as it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from rapidocr import RapidOCR
from rapidocr.utils.process_img import get_rotate_crop_image

from books.spines import grouping, piece
from books.spines.photo import Photo
from books.spines.piece import Corners, Piece, Point
from books.spines.spine import Spine

if TYPE_CHECKING:
    from rapidocr.utils.output import RapidOCROutput

_PIXELS = 3_000_000
"""What is looked at: 2,000 by 1,500. A detector's time and memory go with the area, not with the longer side, and so
a wide photo of one shelf shows more than a tall one of a bookcase."""
_SHARPER = 2.0
"""Text is read from so many times more pixels each way, where the photo has them: it helps small print."""
_LONGEST = 10_000
"""Pixels. No picture is longer: a photo has 4,200 at most, and is enlarged twice at most."""
_LEAST_CONFIDENCE = 0.5
_WELL_READ = 0.9
_MOST_PLACES = 400
"""A crowded shelf has a hundred pieces of text; noise may have thousands, each a hundredth of a second's work."""

_Pixels = np.ndarray[Any, Any]


class OcrReader:
    """Made once for a process: the models take a second to load."""

    @cached_property
    def _engine(self) -> RapidOCR:
        return RapidOCR(
            params={
                # It tells of every model that it loads, and warns of every photo without text.
                "Global.log_level": "error",
                # Sizes are chosen here. Left to itself it enlarges a narrow photo until the shorter side is long
                # enough, and makes a wide one higher: either can take gigabytes.
                "Global.max_side_len": _LONGEST,
                "Global.use_vertical_padding": False,
                "Det.limit_type": "max",
                "Det.limit_side_len": _LONGEST,
                # What is shorter is padded to this, by default to twice as much, which suits the lines of a page. Most
                # words on spines are shorter than either, and padding takes as long to read as text.
                "Rec.rec_img_shape": [3, 48, 160],
                # Left to itself onnxruntime takes a thread for each core of the machine, and threads beyond the cores
                # that this process may use only wait for each other.
                "EngineConfig.onnxruntime.intra_op_num_threads": _cores(),
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )

    def read(self, photo: Photo) -> list[Spine]:
        """The spines, from left to right."""
        factor = math.sqrt(_PIXELS / (photo.width * photo.height))
        longest = factor * max(photo.image.size)
        seen = _bgr(photo.scaled(round(longest)))
        sharp = _bgr(photo.scaled(round(longest * _SHARPER), at_most=1.0)) if factor < 1 else seen
        pieces: list[Piece] = []
        for turned in (False, True):
            places = [place for place in self._find(seen, turned=turned) if not _known(place, pieces)]
            pieces += self._read(places, seen, sharp)
        return grouping.spines(piece.merge(pieces), seen.shape[1], seen.shape[0])

    def _find(self, pixels: _Pixels, *, turned: bool) -> list[Corners]:
        """Where text stands."""
        looked_at = np.ascontiguousarray(np.rot90(pixels) if turned else pixels)
        found = cast("RapidOCROutput", self._engine(looked_at, use_cls=False, use_rec=False))
        if found.boxes is None:
            return []
        width = pixels.shape[1]
        # A quarter turn to the left took (x, y) to (y, width - 1 - x).
        places = [[(width - 1 - y, x) if turned else (x, y) for x, y in box] for box in found.boxes.tolist()]
        places.sort(key=_area, reverse=True)
        return [(a, b, c, d) for a, b, c, d in places[:_MOST_PLACES]]

    def _read(self, places: Sequence[Corners], seen: _Pixels, sharp: _Pixels) -> Iterator[Piece]:
        """What stands at those places."""
        if not places:
            return
        scale = sharp.shape[1] / seen.shape[1]
        cut = [get_rotate_crop_image(sharp, np.array(place, np.float32) * scale) for place in places]
        upright, _ = self._engine.cls_and_rotate(cut)
        read = self._engine.recognize_txt(upright)
        for place, text, confidence in zip(places, read.txts or (), read.scores or (), strict=True):
            if confidence >= _LEAST_CONFIDENCE:
                yield Piece(text, float(confidence), place, _colour(seen, place))


def _known(place: Corners, pieces: Sequence[Piece]) -> bool:
    return any(known.confidence >= _WELL_READ and piece.same_outline(place, known) for known in pieces)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _bgr(image: Image.Image) -> _Pixels:
    """As OpenCV has colours."""
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


def _area(corners: Sequence[Point]) -> float:
    return cv2.contourArea(np.array(corners, np.float32))


def _colour(pixels: _Pixels, corners: Corners) -> tuple[float, float, float] | None:
    """What a text is printed on, in L*a*b*: the median within its corners, since letters cover less than half."""
    outline = np.array(corners, np.int32)
    x, y, width, height = cv2.boundingRect(outline)
    left, top = max(0, x), max(0, y)
    region = pixels[top : y + height, left : x + width]
    mask = np.zeros(region.shape[:2], np.uint8)
    cv2.fillPoly(mask, [outline - np.array([left, top], np.int32)], (1,))
    inside = region[mask > 0]
    if not inside.size:
        return None
    median = np.median(inside, axis=0).astype(np.float32).reshape(1, 1, 3) / 255
    lightness, a, b = cv2.cvtColor(median, cv2.COLOR_BGR2LAB)[0, 0].tolist()
    return lightness, a, b
