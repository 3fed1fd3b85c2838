"""Which book a spine is: what is sure, what is only likely, and what is not there at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from books.metadata import Metadata
from books.spines.match import Match
from books.spines.ranking import rank
from books.spines.spine import Box, Line, Spine

BOX = Box(0.1, 0.1, 0.2, 0.9)


def book(title: str, *authors: str, subtitle: str | None = None) -> Metadata:
    return Metadata(title=title, subtitle=subtitle, authors=list(authors), source="googlebooks")


def spine(*lines: str, near: tuple[str, ...] = (), also: dict[str, list[str]] | None = None) -> Spine:
    """Lines of text on a spine; `also` has what another look made of some."""
    written = [
        Line(number, text, 0.95, (also or {}).get(text, [])) for number, text in enumerate([*lines, *near])
    ]
    return Spine(box=BOX, lines=written[: len(lines)], near=written[len(lines) :])


def best(read: Spine, *candidates: Metadata) -> Match | None:
    return next(iter(rank(read, candidates)), None)


def sure(read: Spine, *candidates: Metadata) -> str | None:
    """The title of the book that the spine surely is."""
    match = best(read, *candidates)
    return match.metadata.title if match is not None and match.sure else None


HOBBIT = book("The Hobbit", "J.R.R. Tolkien")
GAIMAN = book("Neverwhere (London Below, #1)", "Neil Gaiman")
GENE = book("The Gene: An Intimate History", "Siddhartha Mukherjee")


@pytest.mark.parametrize(
    ("read", "candidate"),
    [
        (spine("THE HOBBIT", "TOLKIEN"), HOBBIT),
        (spine("TOLKIEN", "THE HOBBIT", "HarperCollins"), HOBBIT),
        (spine("THE HOBBlT", "J.R.R. TOLKlEN"), HOBBIT),
        (spine("HOBBIT J R R TOLKIEN"), HOBBIT),
        (spine("THEHOBBIT", "TOLKIEN"), HOBBIT),
        (spine("TheHobbit", "Tolkien"), HOBBIT),
        (spine("THE", "HOB", "BIT", "TOLKIEN"), HOBBIT),
        (spine("THE HOBBIT", near=("TOLKIEN",)), HOBBIT),
        (spine("TH3 H08B1", "TOLKIEN", also={"TH3 H08B1": ["THE HOBBIT"]}), HOBBIT),
        (spine("NEIL GAIMANNEVERWHERE"), GAIMAN),
        (spine("THE GENE SIDDHARTHA MUKHERJEE", "VINTAGE"), GENE),
        (spine("THE GENE AN INTIMATE HISTORY", "MUKHERJEE"), GENE),
        (spine("THEGENE", "MUKHERJEE"), GENE),
        (spine("IT", "STEPHEN KING"), book("It", "Stephen King")),
        (spine("1984", "ORWELL"), book("1984", "George Orwell")),
        (spine("PHILOSOPHY 101", "PAUL KLEINMAN"), book("Philosophy 101", "Paul Kleinman")),
        (spine("SLAUGHTERHOUSE-FIVE", "VONNEGUT"), book("Slaughterhouse-Five", "Kurt Vonnegut Jr.")),
        (spine("CIEN AÑOS DE SOLEDAD", "MÁRQUEZ"), book("Cien anos de soledad", "Gabriel Garcia Marquez")),
        (spine("ВОЙНА И МИР", "ТОЛСТОЙ"), book("Война и мир", "Лев Толстой")),
    ],
    ids=lambda value: value.text if isinstance(value, Spine) else "",
)
def test_a_book_whose_title_and_author_stand_there_is_sure(read: Spine, candidate: Metadata) -> None:
    """Misread, run together, split over lines, in either order, beside a publisher."""
    match = best(read, candidate)

    assert match is not None
    assert (True, True) == (match.sure, match.author_confirmed)


@pytest.mark.parametrize(
    ("read", "candidate"),
    [
        (spine("THE NAME OF THE WIND"), book("The Name of the Wind", "Patrick Rothfuss")),
        (
            spine("THE UNBEARABLE LIGHTNESS OF BEING", "GALLIMARD"),
            book("The Unbearable Lightness of Being", "Kundera"),
        ),
        (spine("NEVERWHERE"), GAIMAN),
        (spine("THE HOBBIT"), HOBBIT),
    ],
    ids=lambda value: value.text if isinstance(value, Spine) else "",
)
def test_a_title_that_explains_the_spine_is_sure_without_its_author(read: Spine, candidate: Metadata) -> None:
    """The likeliest misreading is that the author was not read."""
    match = best(read, candidate)

    assert match is not None
    assert (True, False) == (match.sure, match.author_confirmed)


@pytest.mark.parametrize(
    ("read", "candidate"),
    [
        (spine("RADICAL"), book("Radical: Taking Back Your Faith", "David Platt")),
        (spine("RADICAL"), book("Radical", "David Platt", subtitle="Taking Back Your Faith")),
        (spine("NEVERWHERE", "A NOVEL OF LONDON"), GAIMAN),
        (spine("MILK"), book("Milk", "Matthew Evans")),
        (spine("HARRY POTTER"), book("Harry Potter and the Goblet of Fire", "J.K. Rowling")),
        (spine("PENGUIN CLASSICS"), book("Penguin Classics", "Somebody")),
        (spine("MARK TWAIN"), book("Mark Twain", "Mark Twain")),
        (spine("HISTORY OF THE WORLD IN SIX GLASSES"), book("History of the World", "H. G. Wells")),
        (spine("CRASH COURSE", "HAUTMAN"), book("Rash", "Pete Hautman")),
        (spine("TRASH", "HAUTMAN"), book("Rash", "Pete Hautman")),
    ],
    ids=lambda value: value.text if isinstance(value, Spine) else "",
)
def test_a_title_that_may_be_another_books_is_never_sure(read: Spine, candidate: Metadata) -> None:
    """One word among others, a part of a longer title, a publisher's or an author's name."""
    assert sure(read, candidate) is None


@pytest.mark.parametrize(
    ("read", "candidate"),
    [
        (spine("PERSUASION", "JANE AUSTEN"), book("Emma", "Jane Austen")),
        (spine("TOLKIEN"), HOBBIT),
        (spine("SILMARILLION", near=("THE HOBBIT", "TOLKIEN")), HOBBIT),
        (spine("THE HOBBIT", "TOLKIEN"), book("The Hobbit: Graphic Novel", "J.R.R. Tolkien")),
        (spine("THE HOBBIT"), book("The Hobbit", "SparkNotes", subtitle="A Study Guide")),
        (spine("the of and"), HOBBIT),
        (spine("…"), HOBBIT),
        (Spine(box=BOX, lines=[]), HOBBIT),
    ],
    ids=lambda value: value.text if isinstance(value, Spine) else "",
)
def test_what_does_not_stand_on_the_spine_is_no_match(read: Spine, candidate: Metadata) -> None:
    """Another book of the author, a neighbour, a book about the book, no text at all."""
    assert [] == rank(read, [candidate])


def test_a_title_alone_does_not_tell_namesakes_apart() -> None:
    """Neither is sure; with the author's name, one is."""
    wells, smith = book("Outlander Days", "H. G. Wells"), book("Outlander Days", "Ann Smith")

    assert [False, False] == [match.sure for match in rank(spine("OUTLANDER DAYS"), [wells, smith])]
    assert [True, False] == [match.sure for match in rank(spine("OUTLANDER DAYS", "SMITH"), [wells, smith])]


def test_the_surest_comes_first_and_each_work_once() -> None:
    """Under its plainest title."""
    edition = book("The Hobbit: 75th Anniversary Edition", "J.R.R. Tolkien")
    other = book("The Hobbit Companion", "David Day")

    matches = rank(spine("THE HOBBIT", "TOLKIEN"), [other, edition, HOBBIT])

    assert ("The Hobbit", True) == (matches[0].metadata.title, matches[0].sure)
    assert 1 == sum(match.metadata.authors == ["J.R.R. Tolkien"] for match in matches)


def test_a_match_says_which_lines_it_stands_on() -> None:
    """Its title's, and its author's beside them."""
    match = best(spine("HarperCollins", "THE HOBBIT", near=("TOLKIEN",)), HOBBIT)

    assert match is not None
    assert ([1], [2]) == (match.title_lines, match.author_lines)


def test_no_more_are_named_than_a_person_looks_at() -> None:
    """The best five."""
    namesakes = [
        book("The Long Winter", f"Author Number{name}") for name in ("One", "Two", "Six", "Ten", "Elf", "Oak")
    ]

    assert 5 == len(rank(spine("THE LONG WINTER"), namesakes))


words = st.text(st.characters(categories=["L", "N", "P", "Z"]), max_size=30)
lines = st.builds(Line, st.integers(0, 50), words, st.floats(0, 1), st.lists(words, max_size=2))
spines = st.builds(Spine, st.just(BOX), st.lists(lines, max_size=5), st.lists(lines, max_size=5))
books = st.builds(
    Metadata,
    title=words,
    subtitle=st.none() | words,
    authors=st.lists(words, max_size=3),
    source=st.just("x"),
)


@settings(deadline=None)
@given(spines, st.lists(books, max_size=6))
def test_any_text_is_compared_with_any_book(read: Spine, candidates: list[Metadata]) -> None:
    """Every match is one of the candidates, its score a share, its lines the spine's or near it."""
    numbers = {line.number for line in (*read.lines, *read.near)}
    for match in rank(read, candidates):
        assert match.metadata in candidates
        assert 0 <= match.score <= 1
        assert set(match.title_lines) | set(match.author_lines) <= numbers
        assert set(match.title_lines) & {line.number for line in read.lines}


def test_a_very_long_line_is_looked_at_in_part() -> None:
    """What a reader makes of wallpaper must not take minutes."""
    assert "The Hobbit" == sure(spine("THE HOBBIT J.R.R. TOLKIEN " + "x y " * 50_000), HOBBIT)


PROSE = (
    "The sun also rises, he said, and the river goes on to the sea",
    "where is the heart of the matter, between the acts, and for me, and the hand of Billie",
    "long winter that lay before them. In the beginning there had been hope and glory",
    "for James, a private road to the coates of arms, and notes in a book for people",
)


@pytest.mark.parametrize(
    "candidate",
    [
        book("Where the Heart Is", "Billie Letts"),
        book("Private", "James Patterson", "Maxine Paetro"),
        book("Between the World and Me", "Ta-Nehisi Coates"),
        book("Tears of Tess", "Pepper Winters"),
        book("People of the Book", "Geraldine Brooks"),
        book("The River", "Peter Heller"),
    ],
    ids=lambda candidate: candidate.title,
)
@pytest.mark.parametrize("read", [spine(*PROSE), *(spine(line, near=PROSE) for line in PROSE)], ids=range(5))
def test_much_text_is_no_book(read: Spine, candidate: Metadata) -> None:
    """On a page of prose there are words like any title and like any name."""
    assert sure(read, candidate) is None


def test_a_long_subtitle_leaves_a_book_sure() -> None:
    """Where title and author stand there in full."""
    read = spine(
        "The Ancestor's Tale",
        "A Pilgrimage to the Dawn of Life",
        "With a new foreword and a map",
        "RICHARD DAWKINS",
    )

    assert "The Ancestor's Tale" == sure(read, book("The Ancestor's Tale", "Richard Dawkins"))
