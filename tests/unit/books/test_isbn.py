"""ISBNs: checked, in either length, as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.isbn import isbn10, looks_like_isbn, parse_isbn


@pytest.mark.parametrize(
    ("text", "isbn"),
    [
        ("9780439023481", "9780439023481"),
        ("978-0-439-02348-1", "9780439023481"),
        (" 0-439-02348-3 ", "9780439023481"),
        ("080442957x", "9780804429573"),
        ("080442957X", "9780804429573"),
        ("9791034310302", "9791034310302"),
    ],
)
def test_an_isbn_is_read_as_people_write_it(text: str, isbn: str) -> None:
    """Hyphens, spaces, a small x; always as ISBN-13."""
    assert isbn == parse_isbn(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9780439023482",
        "0439023484",
        "9990439023481",
        "978043902348",
        "ABCDEFGHIJ",
        "٩٧٨٠٤٣٩٠٢٣٤٨١",
        "9.78E+12",
    ],
)
def test_what_is_no_isbn_is_refused(text: str) -> None:
    """A wrong check digit, another prefix, another length, other digits."""
    assert None is parse_isbn(text)


@given(st.from_regex(r"978[0-9]{9}", fullmatch=True), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(body: str, place: int, step: int) -> None:
    """That is what the check digit is for."""
    isbn = next(candidate for digit in range(10) if (candidate := parse_isbn(f"{body}{digit}")))
    digits = list(isbn)
    digits[place] = str((int(digits[place]) + step) % 10)

    assert None is parse_isbn("".join(digits))


@given(st.from_regex(r"978[0-9]{9}", fullmatch=True))
def test_both_lengths_are_the_same_book(body: str) -> None:
    """There and back."""
    isbn = next(candidate for digit in range(10) if (candidate := parse_isbn(f"{body}{digit}")))
    short = isbn10(isbn)

    assert short is not None
    assert isbn == parse_isbn(short)


def test_a_979_has_no_short_form() -> None:
    """Only the prefix 978 has."""
    assert None is isbn10("9791034310302")


@pytest.mark.parametrize(
    ("text", "meant"), [("9780439023482", True), ("0-439-02348-4", True), ("OL1W", False), ("12345", False)]
)
def test_what_is_meant_as_an_isbn_is_told_from_other_ids(text: str, meant: bool) -> None:
    """So that the reason can say that the check digit is wrong."""
    assert meant == looks_like_isbn(text)
