"""Open Library: works by id, editions by ISBN, search by title and author. https://openlibrary.org/developers/api"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from books import matching, shapes
from books.http import Http
from books.isbn import isbn10, parse_isbn
from books.metadata import Metadata, year_in
from books.settings import Settings
from books.work import Work

NAME = "Open Library"
SOURCE = "openlibrary"
_FIELDS = (
    "key,title,subtitle,author_name,first_publish_year,cover_i,language,isbn,publisher,number_of_pages_median"
)
_CANDIDATES = "10"
_WORK_KEY = re.compile(r"/works/OL\d{1,12}W")
_MANY = 10
_MAX_DESCRIPTION = 1_000


class OpenLibrary:
    """Asks Open Library. Thread-safe."""

    name = NAME

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http = http
        self._base = settings.open_library_url
        self._threshold = settings.match_threshold

    def can_find(self, work: Work) -> bool:
        """By its own id, by ISBN, by title."""
        return bool(work.open_library_id or work.isbn13 or work.title)

    def find(self, work: Work) -> Metadata | None:
        """The book, or None where Open Library does not have it.

        Raises:
            TransientError, ProviderError: it could not say.
        """
        found = self._by_work_id(work.open_library_id) if work.open_library_id else None
        if found is None and work.isbn13:
            found = self._by_isbn(work.isbn13)
        if found is None and work.title:
            found = self._by_title(work.title, work.author)
        return found

    def search(self, text: str) -> list[Metadata]:
        """Books for some words, the likeliest first.

        Raises:
            TransientError, ProviderError: it could not say.
        """
        return self._candidates({"q": text, "limit": _CANDIDATES})

    def _by_work_id(self, work_id: str) -> Metadata | None:
        # The search index has a work's authors' names beside it; the work's own record only their keys.
        found = self._search({"q": f"key:/works/{work_id}", "limit": "1"})
        for doc in found:
            if doc.get("key") == f"/works/{work_id}":
                return parse_doc(doc)
        record = self._http.get_json(NAME, f"{self._base}/works/{work_id}.json")
        if isinstance(record, dict) and _WORK_KEY.fullmatch(moved := str(record.get("location"))):
            # Two works were merged; this one only says where to.
            record = self._http.get_json(NAME, f"{self._base}{moved}.json")
        return parse_work(record) if isinstance(record, dict) else None

    def _by_isbn(self, isbn13: str) -> Metadata | None:
        key = f"ISBN:{isbn13}"
        answer = self._http.get_json(
            NAME, f"{self._base}/api/books", {"bibkeys": key, "jscmd": "data", "format": "json"}
        )
        record = answer.get(key) if isinstance(answer, dict) else None
        return parse_data(record, isbn13) if isinstance(record, dict) else None

    def _by_title(self, title: str, author: str | None) -> Metadata | None:
        query = {"title": title, "limit": _CANDIDATES}
        if author:
            query["author"] = author
        found = matching.best(self._candidates(query), title, author, self._threshold)
        return found[0].with_score(found[1]) if found else None

    def _candidates(self, query: dict[str, str]) -> list[Metadata]:
        return [parsed for doc in self._search(query) if (parsed := parse_doc(doc))]

    def _search(self, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        answer = self._http.get_json(NAME, f"{self._base}/search.json", {**query, "fields": _FIELDS})
        docs = answer.get("docs") if isinstance(answer, dict) else None
        yield from (doc for doc in docs or [] if isinstance(doc, dict))


def parse_doc(doc: dict[str, Any]) -> Metadata | None:
    """A document of /search.json."""
    title = doc.get("title")
    if not isinstance(title, str) or not title:
        return None
    isbns = [isbn for text in shapes.texts(doc.get("isbn")) if (isbn := parse_isbn(text))]
    cover = doc.get("cover_i")
    return Metadata(
        title=title,
        subtitle=shapes.text(doc.get("subtitle")),
        authors=shapes.texts(doc.get("author_name")),
        isbn13=isbns[0] if isbns else None,
        isbn10=isbn10(isbns[0]) if isbns else None,
        publisher=next(iter(shapes.texts(doc.get("publisher"))), None),
        first_publish_year=shapes.whole(doc.get("first_publish_year")),
        page_count=shapes.whole(doc.get("number_of_pages_median")),
        language=next(iter(shapes.texts(doc.get("language"))), None),
        cover_url=_cover(cover),
        open_library_work_id=str(doc.get("key", "")).rpartition("/")[2] or None,
        source=SOURCE,
    )


def parse_data(record: dict[str, Any], isbn13: str) -> Metadata | None:
    """A record of /api/books?jscmd=data, which must carry the ISBN that was asked for."""
    title = record.get("title")
    if not isinstance(title, str) or not title:
        return None
    identifiers = shapes.mapping(record.get("identifiers"))
    carried = {
        parse_isbn(text) for kind in ("isbn_13", "isbn_10") for text in shapes.texts(identifiers.get(kind))
    }
    if isbn13 not in carried:
        return None
    return Metadata(
        title=title,
        subtitle=shapes.text(record.get("subtitle")),
        authors=shapes.names(record.get("authors")),
        isbn13=isbn13,
        isbn10=isbn10(isbn13),
        publisher=next(iter(shapes.names(record.get("publishers"))), None),
        published_date=shapes.text(record.get("publish_date")),
        first_publish_year=year_in(record.get("publish_date")),
        page_count=shapes.whole(record.get("number_of_pages")),
        subjects=shapes.names(record.get("subjects"))[:_MANY],
        cover_url=shapes.text(shapes.mapping(record.get("cover")).get("medium")),
        source=SOURCE,
    )


def parse_work(record: dict[str, Any]) -> Metadata | None:
    """A record of /works/OL…W.json; it has no names of authors. A redirect record is no book."""
    title = record.get("title")
    if not isinstance(title, str) or not title:
        return None
    description = record.get("description")
    text = description.get("value") if isinstance(description, dict) else description
    covers = record.get("covers")
    cover = next(filter(_cover, covers), None) if isinstance(covers, list) else None
    return Metadata(
        title=title,
        subtitle=shapes.text(record.get("subtitle")),
        first_publish_year=year_in(record.get("first_publish_date")),
        subjects=shapes.texts(record.get("subjects"))[:_MANY],
        description=text[:_MAX_DESCRIPTION] if isinstance(text, str) else None,
        cover_url=_cover(cover),
        open_library_work_id=str(record.get("key", "")).rpartition("/")[2] or None,
        source=SOURCE,
    )


def _cover(cover: object) -> str | None:
    return (
        f"https://covers.openlibrary.org/b/id/{cover}-M.jpg" if isinstance(cover, int) and cover > 0 else None
    )
