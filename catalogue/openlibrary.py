"""What Open Library answers: search documents, works, editions, authors, and records by ISBN. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from catalogue.books import Book, Catalogue

Json = dict[str, Any]
_MONTHS = ("January", "March", "May", "July", "September", "November")


def search(catalogue: Catalogue, query: Mapping[str, str]) -> tuple[int, Json]:
    """GET /search.json: the status and the answer."""
    q = query.get("q", "")
    if "q" in query and not q.startswith("key:") and (len(q) < 3 or q.lower() == "the"):
        return 422, {"detail": [{"loc": ["query", "q"], "msg": "Query too short", "type": "value_error"}]}
    offset = _whole(query.get("offset"), 0)
    limit = min(_whole(query.get("limit"), 100), 1000)
    found = [book for book in _found(catalogue, query, q) if book.in_open_library]
    fields = query.get("fields", "").split(",") if query.get("fields") else None
    docs = [_document(catalogue, book, fields) for book in islice(found, offset, offset + limit)]
    return 200, {
        "numFound": len(found),
        "start": offset,
        "numFoundExact": True,
        "num_found": len(found),
        "documentation_url": "https://openlibrary.org/dev/docs/api/search",
        "q": q,
        "offset": None,
        "docs": docs,
    }


def work(catalogue: Catalogue, work_id: str) -> Json | None:
    """GET /works/OL…W.json. As in the real one, a description is a text or an object."""
    book = catalogue.by_work_id.get(work_id)
    if book is None or not book.in_open_library:
        return None
    text = f"{book.title} by {' and '.join(book.authors)}."
    record: Json = {
        "key": f"/works/{book.work_id}",
        "title": book.title,
        "authors": [
            {
                "type": {"key": "/type/author_role"},
                "author": {"key": f"/authors/{catalogue.author_ids[name]}"},
            }
            for name in book.authors
        ],
        "description": text if book.number % 2 else {"type": "/type/text", "value": text},
        "covers": [-1] if book.number % 9 == 0 else [book.number],
        "type": {"key": "/type/work"},
        "revision": 3,
    }
    if book.year:
        record["first_publish_date"] = str(book.year)
    return record


def edition(catalogue: Catalogue, edition_id: str) -> Json | None:
    """GET /books/OL…M.json. As in the real one, authors are often missing and dates are free text."""
    book = catalogue.by_edition_id.get(edition_id)
    if book is None or not book.in_open_library:
        return None
    record: Json = {
        "key": f"/books/{book.edition_id}",
        "title": book.title,
        "works": [{"key": f"/works/{book.work_id}"}],
        "type": {"key": "/type/edition"},
    }
    if book.isbn13:
        record["isbn_13"] = [book.isbn13]
    if book.isbn10:
        record["isbn_10"] = [book.isbn10]
    if book.number % 3:
        record["authors"] = [{"key": f"/authors/{catalogue.author_ids[name]}"} for name in book.authors]
    if book.year:
        record["publish_date"] = _date(book)
    if book.language:
        record["languages"] = [{"key": f"/languages/{book.language}"}]
    return record


def author(catalogue: Catalogue, author_id: str) -> Json | None:
    """GET /authors/OL…A.json."""
    name = next((name for name, known in catalogue.author_ids.items() if known == author_id), None)
    return {"key": f"/authors/{author_id}", "name": name, "type": {"key": "/type/author"}} if name else None


def by_bibkeys(catalogue: Catalogue, bibkeys: str) -> Json:
    """GET /api/books?jscmd=data: an object by key as sent; what is unknown is absent."""
    answer: Json = {}
    for key in filter(None, bibkeys.split(",")):
        book = catalogue.by_isbn.get(key.removeprefix("ISBN:").replace("-", "").upper())
        if book is not None and book.in_open_library:
            answer[key] = _data(catalogue, book)
    return answer


def _found(catalogue: Catalogue, query: Mapping[str, str], q: str) -> list[Book]:
    if q.startswith("key:"):
        book = catalogue.by_work_id.get(q.removeprefix("key:").strip('"').removeprefix("/works/"))
        return [book] if book else []
    isbn = query.get("isbn") or (q if q.replace("-", "").rstrip("Xx").isdigit() else "")
    if isbn:
        book = catalogue.by_isbn.get(isbn.replace("-", "").upper())
        return [book] if book else []
    return list(catalogue.search(title=query.get("title", ""), author=query.get("author", ""), anything=q))


def _document(catalogue: Catalogue, book: Book, fields: list[str] | None) -> Json:
    document: Json = {
        "author_key": [catalogue.author_ids[name] for name in book.authors],
        "author_name": list(book.authors),
        "cover_i": book.number,
        "ebook_access": "no_ebook",
        "edition_count": 1 + book.number % 40,
        "first_publish_year": book.year,
        "has_fulltext": False,
        "key": f"/works/{book.work_id}",
        "language": [book.language] if book.language else None,
        "public_scan_b": False,
        "title": book.title,
    }
    if fields is not None:
        document["isbn"] = [isbn for isbn in (book.isbn10, book.isbn13) if isbn] or None
    return {
        name: value
        for name, value in document.items()
        if value is not None and (fields is None or "*" in fields or name in fields)
    }


def _data(catalogue: Catalogue, book: Book) -> Json:
    record: Json = {
        "url": f"https://openlibrary.org/books/{book.edition_id}",
        "key": f"/books/{book.edition_id}",
        "title": book.title,
        "authors": [
            {"url": f"https://openlibrary.org/authors/{catalogue.author_ids[name]}", "name": name}
            for name in book.authors
        ],
        "identifiers": {
            kind: [isbn] for kind, isbn in (("isbn_10", book.isbn10), ("isbn_13", book.isbn13)) if isbn
        },
        "cover": {
            size: f"https://covers.openlibrary.org/b/id/{book.number}-{size[0].upper()}.jpg"
            for size in ("small", "medium", "large")
        },
    }
    if book.year:
        record["publish_date"] = _date(book)
    return record


def _date(book: Book) -> str:
    if book.number % 2:
        return str(book.year)
    return f"{_MONTHS[book.number % len(_MONTHS)]} {1 + book.number % 28}, {book.year}"


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default
