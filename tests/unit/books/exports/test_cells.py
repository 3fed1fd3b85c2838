"""What single cells say. What cannot be read is nothing, never an error."""

from __future__ import annotations

from typing import Any

import pytest

from books.exports import cells, names
from books.exports.dates import date, dates
from books.exports.titles import split_series


@pytest.mark.parametrize(
    ("cell", "isbn"),
    [
        ('="0439023483"', "9780439023481"),
        ('=""', None),
        ("", None),
        ("978-0-439-02348-1", "9780439023481"),
        ("ISBN: 9780439023481", "9780439023481"),
        ("[0452263328]", "9780452263321"),
        ("0452263328, 9780452263321", "9780452263321"),
        ("080442957x", "9780804429573"),
        ("439023483", "9780439023481"),
        ("9780439023481.0", "9780439023481"),
        ("9.780439023481E+12", "9780439023481"),
        ("9.78E+12", None),
        ("9780439023482", None),
        ('="999,99"', None),
        ("B00JCDK5ME", None),
        ("٩٧٨٠٤٣٩٠٢٣٤٨١", None),
        ("9" * 30_000, None),
    ],
    ids=lambda value: str(value)[:24],
)
def test_an_isbn_is_found_in_what_programs_make_of_it(cell: str, isbn: str | None) -> None:
    """Formulas, brackets, lost zeros, fractions; never one whose check digit is wrong."""
    assert isbn == cells.isbn(cell)


def test_lost_zeros_are_restored_where_a_column_holds_nothing_but_isbns() -> None:
    """In a column of any ids, one in eleven numbers would pass for an ISBN."""
    assert "9780001000155" == cells.isbn("1000152")
    assert None is cells.isbn("1000152", lost_zeros=1)


@pytest.mark.parametrize(
    ("cell", "rating"),
    [
        ("5", 5.0),
        ("0", 0.0),
        ("3.75", 3.75),
        ("4,5", 4.5),
        ("4/5", 4.0),
        ("7/10", 3.5),
        ("4 stars", 4.0),
        ("★★★½", 3.5),
        ("★★★☆☆", 3.0),
        ("", None),
        ("6", None),
        ("-1", None),
        ("★★★★★★", None),
        ("good", None),
        ("nan", None),
        ("1e400", None),
    ],
)
def test_a_rating_is_stars_from_none_to_five(cell: str, rating: float | None) -> None:
    """However they are written."""
    assert rating == cells.rating(cell)


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("read", "read"),
        ("Want to Read", "to-read"),
        ("currently_reading", "currently-reading"),
        ("DNF", "did-not-finish"),
        ("abandoned", "abandoned"),
        (" ", None),
    ],
)
def test_a_status_has_one_name_in_all_formats(cell: str, status: str | None) -> None:
    """A person's own word stays."""
    assert status == cells.status(cell)


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (cells.shelves, "favorites (#1), to-lend (#22),, favorites", ["favorites", "to-lend"]),
        (cells.shelves, "sci fi (space) | sea", ["sci fi (space)", "sea"]),
        (cells.number, "xxxviii; 999 ", 999),
        (cells.number, "590 p.; 7.24 inches", 590),
        (cells.number, "none", None),
        (cells.year, "c1992", 1992),
        (cells.year, "-800", -800),
        (cells.year, "2008.0", 2008),
        (cells.year, "0", None),
        (cells.year, "20089", None),
        (cells.yes, "Yes", True),
        (cells.yes, "No", False),
        (cells.yes, "2", True),
        (cells.yes, "0", None),
        (cells.yes, "", None),
    ],
)
def test_shelves_numbers_years_and_yes_are_read(read: Any, cell: str, value: Any) -> None:
    """As each program writes them."""
    assert value == read(cell)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2024/03/01", "2024-03-01"),
        ("2024-3-1", "2024-03-01"),
        ("[2006-07-25]", "2006-07-25"),
        ("2024-03-01T10:00:00Z", "2024-03-01"),
        ("20240301", "2024-03-01"),
        ("4/1/2024", "2024-04-01"),
        ("25/12/2024", "2024-12-25"),
        ("1.4.2024", "2024-04-01"),
        ("4/1/24", "2024-04-01"),
        ("March 1, 2024", "2024-03-01"),
        ("1st Mar 2024", "2024-03-01"),
        ("2024/03", "2024-03"),
        ("Mar 2024", "2024-03"),
        ("2024", "2024"),
        ("2024/02/30", None),
        ("2024/13", None),
        ("last summer", None),
        ("", None),
        ("0000/00/00", None),
        ("1" * 30_000, None),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_date_becomes_iso_8601_as_far_as_it_is_known(cell: str, value: str | None) -> None:
    """American where it can be read both ways: that is what spreadsheets make of exports."""
    assert value == date(cell)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2024/03/01", ["2024-03-01"]),
        ("2023/05/23-2023/06/07", ["2023-05-23/2023-06-07"]),
        ("2023/05/23-2023/06/07, 2024/01/02", ["2023-05-23/2023-06-07", "2024-01-02"]),
        ("March 1, 2024", ["2024-03-01"]),
        ("2024/03/01, sometime", ["2024-03-01"]),
        ("2024/01/01, " * 1000, []),
    ],
    ids=lambda value: str(value)[:40],
)
def test_several_readings_are_several_dates(cell: str, value: list[str]) -> None:
    """Or ranges, in the order of the cell."""
    assert value == dates(cell)


@pytest.mark.parametrize(
    ("format_name", "cell", "authors"),
    [
        ("goodreads", "J.M.     Clarke", ["J.M. Clarke"]),
        ("goodreads", "Martin, George", ["Martin, George"]),
        ("storygraph", "Terry Pratchett, Neil Gaiman", ["Terry Pratchett", "Neil Gaiman"]),
        ("storygraph", "Martin Luther King, Jr., Coretta King", ["Martin Luther King Jr.", "Coretta King"]),
        ("librarything", "Cortazar, Julio", ["Julio Cortazar"]),
        ("librarything", "King, Martin Luther, Jr.", ["Martin Luther King Jr."]),
        ("librarything", "Homer", ["Homer"]),
        ("other", "Austen, Jane", ["Jane Austen"]),
        ("other", "Terry Pratchett, Neil Gaiman", ["Terry Pratchett", "Neil Gaiman"]),
        ("other", "Pratchett, Terry; Gaiman, Neil", ["Terry Pratchett", "Neil Gaiman"]),
        ("other", "Le Guin, Ursula K.", ["Ursula K. Le Guin"]),
        ("other", "Terry Pratchett & Neil Gaiman", ["Terry Pratchett", "Neil Gaiman"]),
        ("other", "Terry Pratchett and Neil Gaiman", ["Terry Pratchett", "Neil Gaiman"]),
        ("other", " , ;", []),
    ],
)
def test_authors_are_listed_by_given_name_and_surname(
    format_name: str, cell: str, authors: list[str]
) -> None:
    """Each program joins them in its own way; of anyone else it is guessed."""
    assert authors == names.authors(cell, format_name)


@pytest.mark.parametrize(
    ("text", "title", "series"),
    [
        ("Catching Fire (The Hunger Games, #2)", "Catching Fire", ("The Hunger Games", "2")),
        ("I, Robot (Robot, #0.1; Foundation, #1)", "I, Robot", ("Robot", "0.1")),
        ("Hogfather (Discworld (Death), #20)", "Hogfather", ("Discworld (Death)", "20")),
        ("Saga (Saga, Vol. #1)", "Saga", ("Saga", "1")),
        ("Emma (Annotated)", "Emma (Annotated)", None),
        ("(#1)", "(#1)", None),
        ("Catch-22", "Catch-22", None),
        (":)", ":)", None),
        ("  The   Sea ", "The Sea", None),
    ],
)
def test_a_series_in_brackets_leaves_the_title(text: str, title: str, series: tuple[str, str] | None) -> None:
    """Brackets without a number belong to the title."""
    wanted = {"name": series[0], "position": series[1]} if series else None

    assert (title, wanted) == split_series(text)
