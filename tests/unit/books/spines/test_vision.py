"""What a vision model's answer means, however it is put."""

from __future__ import annotations

import json
from typing import Any

import pytest
from PIL import Image

from books.spines import vision
from books.spines.photo import Photo
from books.spines.spine import Box, Spine

WHOLE = Photo(Image.new("RGB", (400, 200)))


def answer(value: Any) -> dict[str, Any]:
    content = [{"toolUse": {"toolUseId": "1", "name": "report_spines", "input": value}}]
    return {"output": {"message": {"content": content}}, "stopReason": "tool_use"}


def read(*spines: dict[str, Any]) -> list[Spine]:
    plain = {"lines": ["Emma"], "title": None, "author": None, "confidence": 1, "box": [0, 0, 400, 200]}
    return vision.spines(answer({"spines": [{**plain, **spine} for spine in spines]}), WHOLE)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ([100, 50, 200, 150], Box(0.25, 0.25, 0.5, 0.75)),
        ([200, 150, 100, 50], Box(0.25, 0.25, 0.5, 0.75)),
        ([-10, -10, 4000, 2000], Box(0.0, 0.0, 1.0, 1.0)),
        ([float("nan"), 0, float("inf"), 100], Box(0.0, 0.0, 1.0, 0.5)),
        (["100", "50", "200", "150"], Box(0.25, 0.25, 0.5, 0.75)),
    ],
    ids=["pixels", "corners the other way", "beyond the photo", "no numbers", "numbers as text"],
)
def test_a_box_lies_within_the_photo(box: list[float], expected: Box) -> None:
    """Its first corner at the top left."""
    assert [expected] == [spine.box for spine in read({"box": box})]


@pytest.mark.parametrize(
    ("confidence", "expected"), [(0.7, 0.7), (7, 1.0), (-1, 0.0), (float("nan"), 0.0), ("0.7", 0.7)]
)
def test_a_confidence_is_a_share(confidence: float, expected: float) -> None:
    """0 to 1, whatever the model makes of it."""
    assert [expected] == [spine.lines[0].confidence for spine in read({"confidence": confidence})]


def test_text_is_one_printable_line_and_not_too_long() -> None:
    """It goes into searches, frames and results."""
    (spine,) = read(
        {"lines": ["The\n Hobbit\x00\x1b[31m", "x" * 1_000], "title": " \u202eThe  Hobbit ", "author": "\t"}
    )

    assert ["The Hobbit [31m", "x" * 300] == [line.text for line in spine.lines]
    assert ("The Hobbit", None) == (spine.title, spine.author)


def test_spines_without_text_are_left_out() -> None:
    """They were seen, but nothing can be found by them; the others' lines are numbered on."""
    spines = read({"lines": ["Emma", "Austen"]}, {"lines": []}, {"lines": [" "]}, {"lines": ["Persuasion"]})

    assert [[0, 1], [2]] == [[line.number for line in spine.lines] for spine in spines]


def test_no_answer_is_too_long() -> None:
    """300 spines, 12 lines each."""
    spines = read(*[{"lines": ["Emma"] * 20}] * 400)

    assert (300, 12) == (len(spines), len(spines[0].lines))


def test_an_input_that_is_json_in_a_string_is_read() -> None:
    """Some models write it so."""
    spine = {"lines": ["Emma"], "box": [0, 0, 1, 1]}

    assert ["Emma"] == [each.text for each in vision.spines(answer(json.dumps({"spines": [spine]})), WHOLE)]


def test_several_calls_are_one_answer() -> None:
    """One for each shelf, where the model thinks so."""
    one, other = answer({"spines": [{"lines": ["Emma"], "box": [0, 0, 1, 1]}]}), answer({"spines": []})
    one["output"]["message"]["content"] += other["output"]["message"]["content"]

    assert ["Emma"] == [each.text for each in vision.spines(one, WHOLE)]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"spines": [{"lines": ["Emma"], "box": [0, 0, 1, 1' + "0" * 400 + "]}]}"]
)
def test_hostile_json_is_nonsense(text: str) -> None:
    """Too deep, or a number that is none."""
    with pytest.raises(vision.NonsenseError):
        vision.spines(answer(text + "}"), WHOLE)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((640, 480), (640, 480)),
        ((4_000, 3_000), (1_238, 928)),
        ((8_000, 1_000), (1_568, 196)),
        ((100, 6_000), (26, 1_568)),
    ],
)
def test_a_photo_is_fitted_to_what_a_model_sees(size: tuple[int, int], expected: tuple[int, int]) -> None:
    """1,568 pixels a side, 1.15 megapixels; never larger than it was."""
    assert expected == vision.fitted(Photo(Image.new("RGB", size))).image.size


@pytest.mark.parametrize(
    ("size", "images"),
    [
        ((640, 480), 1),
        ((1_300, 975), 1),
        ((2_000, 1_500), 3),
        ((1_500, 2_000), 3),
        ((3_000, 1_000), 4),
        ((4_500, 500), 5),
    ],
)
def test_a_large_photo_is_shown_in_parts(size: tuple[int, int], images: int) -> None:
    """The longer it is, the more; none where they would show no more."""
    photo = Photo(Image.new("RGB", size))
    content = vision.question(photo, vision.fitted(photo))["messages"][0]["content"]

    assert images == sum("image" in block for block in content)
