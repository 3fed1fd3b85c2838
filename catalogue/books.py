"""The 10,000 books, and which of the two providers knows each.

Each book has an Open Library id made from its number in the data. So that a look-up has to go on to the second provider
now and then, and that some books are nowhere, one in fourteen is known to Google Books alone, another to Open Library
alone: deterministic, by the number.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

DATA = Path(__file__).with_name("data") / "goodbooks.csv"
_FIRST_WORK = 7_000_000
_FIRST_EDITION = 17_000_000
_FIRST_AUTHOR = 700_000


@dataclass(frozen=True, slots=True)
class Book:
    """A row of the data."""

    number: int
    title: str
    authors: tuple[str, ...]
    isbn13: str
    isbn10: str
    year: int | None
    language: str
    ratings: int

    @property
    def work_id(self) -> str:
        """Open Library's id of the work."""
        return f"OL{_FIRST_WORK + self.number}W"

    @property
    def edition_id(self) -> str:
        """Open Library's id of its one edition."""
        return f"OL{_FIRST_EDITION + self.number}M"

    @property
    def in_open_library(self) -> bool:
        """Whether the first provider knows it."""
        return self.number % 14 != 7

    @property
    def in_google_books(self) -> bool:
        """Whether the second provider knows it."""
        return self.number % 14 != 11


class Catalogue:
    """The books, found by id, by ISBN and by words."""

    def __init__(self, books: list[Book]) -> None:
        self.books = books

    @classmethod
    def load(cls, path: Path = DATA) -> Catalogue:
        """Reads the data: a fifth of a second."""
        with path.open(encoding="utf-8", newline="") as file:
            return cls([_book(row) for row in csv.DictReader(file)])

    @cached_property
    def by_work_id(self) -> dict[str, Book]:
        """Open Library's works."""
        return {book.work_id: book for book in self.books}

    @cached_property
    def by_edition_id(self) -> dict[str, Book]:
        """Open Library's editions."""
        return {book.edition_id: book for book in self.books}

    @cached_property
    def by_isbn(self) -> dict[str, Book]:
        """By either length of ISBN."""
        found: dict[str, Book] = {}
        for book in self.books:
            for isbn in (book.isbn13, book.isbn10):
                if isbn:
                    found.setdefault(isbn.upper(), book)
        return found

    @cached_property
    def author_ids(self) -> dict[str, str]:
        """Open Library's id for each author."""
        names = dict.fromkeys(name for book in self.books for name in book.authors)
        return {name: f"OL{_FIRST_AUTHOR + number}A" for number, name in enumerate(names)}

    @cached_property
    def _by_word(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for position, book in enumerate(self.books):
            for word in set(words(f"{book.title} {' '.join(book.authors)}")):
                found[word].append(position)
        return found

    def search(self, *, title: str = "", author: str = "", anything: str = "") -> Iterator[Book]:
        """The books that have all the words, the most rated first."""
        wanted = words(f"{title} {author} {anything}")
        if not wanted:
            return
        positions = set(self._by_word.get(wanted[0], ()))
        for word in wanted[1:]:
            positions &= set(self._by_word.get(word, ()))
        in_title, in_author = set(words(title)), set(words(author))
        found = [self.books[position] for position in positions]
        for book in sorted(found, key=lambda book: -book.ratings):
            if in_title <= set(words(book.title)) and in_author <= set(words(" ".join(book.authors))):
                yield book


def words(text: str) -> list[str]:
    """Lower-case words without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return re.findall(r"[^\W_]+", re.sub(r"['\u2019]", "", plain))


def _book(row: dict[str, str]) -> Book:
    return Book(
        number=int(row["id"].removeprefix("gb")),
        title=row["title"],
        authors=tuple(name.strip() for name in row["authors"].split(";") if name.strip()),
        isbn13=row["isbn13"],
        isbn10=row["isbn10"],
        year=int(row["year"]) if row["year"].lstrip("-").isdigit() else None,
        language=row["language"],
        ratings=int(row["ratings_count"] or 0),
    )
