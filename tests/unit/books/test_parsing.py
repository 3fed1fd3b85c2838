"""The providers' answers in their odder shapes: read, or passed over, never a crash."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books import googlebooks, openlibrary
from books.metadata import decode, encode, year_in
from books.work import Work

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
DOC = (
    "key",
    "title",
    "subtitle",
    "author_name",
    "first_publish_year",
    "cover_i",
    "language",
    "isbn",
    "publisher",
)
DATA = (
    "title",
    "subtitle",
    "authors",
    "identifiers",
    "publishers",
    "publish_date",
    "number_of_pages",
    "cover",
)
WORK = ("key", "title", "description", "covers", "subjects", "first_publish_date")
INFO = (
    "title",
    "subtitle",
    "authors",
    "publisher",
    "publishedDate",
    "description",
    "industryIdentifiers",
    "imageLinks",
)


def records(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    others = {name: JUNK for name in names if name != "title"}
    return st.fixed_dictionaries({"title": st.text(min_size=1)}, optional=others)


@given(records(DOC))
def test_any_search_document_is_read_or_passed_over(doc: dict[str, Any]) -> None:
    """Whatever is in its fields."""
    openlibrary.parse_doc(doc)


@given(records(DATA))
def test_any_data_record_is_read_or_passed_over(record: dict[str, Any]) -> None:
    """Whatever is in its fields."""
    openlibrary.parse_data(record, "9780439023481")


@given(records(WORK))
def test_any_work_is_read_or_passed_over(record: dict[str, Any]) -> None:
    """Whatever is in its fields."""
    openlibrary.parse_work(record)


@given(records(INFO))
def test_any_volume_is_read_or_passed_over(info: dict[str, Any]) -> None:
    """Whatever is in its fields."""
    googlebooks.parse_volume({"volumeInfo": info})


def test_a_works_description_is_a_text_or_an_object() -> None:
    """Both are in use; a cover of -1 is none."""
    plain = openlibrary.parse_work(
        {"key": "/works/OL1W", "title": "Emma", "description": "A novel", "covers": [-1, 7]}
    )
    boxed = openlibrary.parse_work(
        {"title": "Emma", "description": {"type": "/type/text", "value": "A novel"}}
    )

    assert plain is not None
    assert boxed is not None
    assert "A novel" == plain.description == boxed.description
    assert ("https://covers.openlibrary.org/b/id/7-M.jpg", "OL1W") == (
        plain.cover_url,
        plain.open_library_work_id,
    )


def test_a_redirect_record_is_no_book() -> None:
    """It has no title."""
    assert None is openlibrary.parse_work({"type": {"key": "/type/redirect"}, "location": "/works/OL2W"})


def test_a_record_without_the_isbn_that_was_asked_for_is_not_taken() -> None:
    """The answer may be another book."""
    record = {"title": "Emma", "identifiers": {"isbn_13": ["9780439554930"]}}

    assert None is openlibrary.parse_data(record, "9780439023481")
    assert openlibrary.parse_data(record, "9780439554930")


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("July 16, 2019", 2019),
        ("1996", 1996),
        ("2015-01", 2015),
        ("c1962.", None),
        ("", None),
        (None, None),
        ("800", None),
    ],
)
def test_a_year_is_found_in_a_date_as_people_write_it(text: str | None, year: int | None) -> None:
    """Or none is."""
    assert year == year_in(text)


def test_metadata_survives_the_cache() -> None:
    """There and back; empty fields are left out of its JSON."""
    found = openlibrary.parse_doc({"key": "/works/OL1W", "title": "Emma", "author_name": ["Jane Austen"]})

    assert found is not None
    assert found == decode(encode(found))
    assert {"title", "authors", "openLibraryWorkId", "source"} == set(found.to_dict())


@pytest.mark.parametrize(
    ("work", "key"),
    [
        (Work("OL45804W"), "work#OL45804W"),
        (Work("/works/OL45804W"), "work#OL45804W"),
        (Work("0439023483"), "isbn#9780439023481"),
        (Work("shelf-1", isbn="978-0-439-02348-1"), "isbn#9780439023481"),
        (Work("shelf-1", title="Emma", author="Jane Austen"), "title#emma\nauthor#jane austen"),
        (Work("OL45804W", title="Emma"), "work#OL45804W\ntitle#emma"),
    ],
)
def test_the_same_question_has_the_same_key(work: Work, key: str) -> None:
    """So that it is asked once."""
    assert key == work.cache_key


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (Work("9780439023482"), "check digit is wrong"),
        (Work("shelf-1"), "there is no title to search for"),
        (Work("OL45804W"), None),
        (Work("shelf-1", title="Emma"), None),
        (Work("9780439023482", title="The Hunger Games"), None),
    ],
)
def test_what_cannot_be_looked_up_says_why(work: Work, words: str | None) -> None:
    """In words for the person who gave it."""
    assert (words is None) == (work.why_not is None)
    assert (words or "") in (work.why_not or "")
