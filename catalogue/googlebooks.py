"""What Google Books v1 answers to GET /volumes. Pure.

Quirks of the real one are kept: `items` is absent where nothing is found, some books are not found by `isbn:` though a
plain search for the number finds them, and plain words find what is like them, misread or incomplete as they may be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from catalogue.books import Book, Catalogue
from catalogue.fuzzy import FuzzyIndex

_MOST_ALIKE = 100
"""Volumes that plain words find; the real one tells of thousands, of which nobody sees more."""
Json = dict[str, Any]
_TERM = re.compile(r'(intitle|inauthor|isbn):(?:"([^"]*)"|(\S+))')


def volumes(catalogue: Catalogue, query: Mapping[str, str]) -> tuple[int, Json]:
    """The status and the answer."""
    q = query.get("q", "").strip()
    if not q:
        return 400, error(400, "required", "Required parameter: q", "INVALID_ARGUMENT")
    start = int(query["startIndex"]) if query.get("startIndex", "").isdigit() else 0
    most = min(int(query["maxResults"]), 40) if query.get("maxResults", "").isdigit() else 10
    found = [book for book in _found(catalogue, q) if book.in_google_books]
    answer: Json = {"kind": "books#volumes", "totalItems": len(found)}
    if page := list(islice(found, start, start + most)):
        answer["items"] = [_volume(book) for book in page]
    return 200, answer


def error(code: int, reason: str, message: str, status: str) -> Json:
    """Google's error body."""
    return {
        "error": {
            "code": code,
            "message": message,
            "errors": [{"message": message, "domain": "global", "reason": reason}],
            "status": status,
        }
    }


def _found(catalogue: Catalogue, q: str) -> Iterable[Book]:
    terms = {kind: quoted or bare for kind, quoted, bare in _TERM.findall(q)}
    rest = _TERM.sub(" ", q).strip()
    if "isbn" in terms:
        book = catalogue.by_isbn.get(terms["isbn"].replace("-", "").upper())
        return [book] if book is not None and book.number % 5 else []
    if re.fullmatch(r"[\d-]{9,16}[\dXx]", rest):
        book = catalogue.by_isbn.get(rest.replace("-", "").upper())
        return [book] if book is not None else []
    if not terms:
        return [catalogue.books[position] for position in _index(catalogue).search(rest, _MOST_ALIKE)]
    return catalogue.search(title=terms.get("intitle", ""), author=terms.get("inauthor", ""), anything=rest)


@lru_cache(maxsize=1)
def _index(catalogue: Catalogue) -> FuzzyIndex:
    return FuzzyIndex([f"{book.title} {' '.join(book.authors)}" for book in catalogue.books])


def _volume(book: Book) -> Json:
    identifiers = [
        {"type": kind, "identifier": isbn}
        for kind, isbn in (("ISBN_10", book.isbn10), ("ISBN_13", book.isbn13))
        if isbn
    ]
    info: Json = {
        "title": book.title,
        "authors": list(book.authors),
        "readingModes": {"text": False, "image": False},
        "printType": "BOOK",
        "maturityRating": "NOT_MATURE",
        "language": book.language[:2] or "en",
        "imageLinks": {"thumbnail": f"http://books.google.com/books/content?id=gb{book.number}&img=1"},
    }
    if book.year and book.year > 0:
        info["publishedDate"] = f"{book.year}-01-06" if book.number % 2 else str(book.year)
    if identifiers:
        info["industryIdentifiers"] = identifiers
    return {
        "kind": "books#volume",
        "id": f"gb{book.number:010}",
        "volumeInfo": info,
        "saleInfo": {"country": "US", "saleability": "NOT_FOR_SALE", "isEbook": False},
        "accessInfo": {"country": "US", "viewability": "NO_PAGES", "embeddable": False},
    }
