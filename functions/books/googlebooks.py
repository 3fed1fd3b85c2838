"""Google Books v1: volumes by ISBN or by title and author. https://developers.google.com/books/docs/v1/using"""

from __future__ import annotations

from typing import Any

from books import matching, shapes
from books.http import Http
from books.isbn import isbn10, parse_isbn
from books.metadata import Metadata, year_in
from books.settings import Settings
from books.work import Work

NAME = "Google Books"
SOURCE = "googlebooks"
_CANDIDATES = "10"
_MAX_DESCRIPTION = 1_000
_MAX_SUBJECTS = 10


class GoogleBooks:
    """Asks Google Books. Thread-safe."""

    name = NAME

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http = http
        self._url = f"{settings.google_books_url}/volumes"
        self._key = settings.google_books_api_key
        self._threshold = settings.match_threshold

    def can_find(self, work: Work) -> bool:
        """By ISBN, by title; another provider's ids mean nothing here."""
        return bool(work.isbn13 or work.title)

    def find(self, work: Work) -> Metadata | None:
        """The book, or None where Google Books does not have it.

        Raises:
            TransientError, ProviderError: it could not say.
        """
        found = self._by_isbn(work.isbn13) if work.isbn13 else None
        if found is None and work.title:
            found = self._by_title(work.title, work.author)
        return found

    def search(self, text: str) -> list[Metadata]:
        """Books for some words, the likeliest first.

        Raises:
            TransientError, ProviderError: it could not say.
        """
        return self._search(text)

    def _by_isbn(self, isbn13: str) -> Metadata | None:
        # Some volumes are not found by the isbn: keyword though a plain search for the number finds them; and either
        # may answer another book, so the volume must carry the number.
        for query in (f"isbn:{isbn13}", isbn13):
            for metadata in self._search(query):
                if metadata.isbn13 == isbn13:
                    return metadata
        return None

    def _by_title(self, title: str, author: str | None) -> Metadata | None:
        query = f'intitle:"{title}"' + (f' inauthor:"{author}"' if author else "")
        found = matching.best(self._search(query), title, author, self._threshold)
        return found[0].with_score(found[1]) if found else None

    def _search(self, query: str) -> list[Metadata]:
        # Without a country, calls from cloud addresses are refused (unknownLocation).
        parameters = {"q": query, "country": "US", "maxResults": _CANDIDATES, "printType": "books"}
        if self._key:
            parameters["key"] = self._key
        answer = self._http.get_json(NAME, self._url, parameters)
        items = answer.get("items") if isinstance(answer, dict) else None
        return [parsed for item in items or [] if isinstance(item, dict) and (parsed := parse_volume(item))]


def parse_volume(item: dict[str, Any]) -> Metadata | None:
    """A volume of a search's `items`."""
    info = item.get("volumeInfo")
    if not isinstance(info, dict) or not isinstance(info.get("title"), str) or not info["title"]:
        return None
    numbers = [
        isbn
        for identifier in shapes.mappings(info.get("industryIdentifiers"))
        if identifier.get("type") in ("ISBN_13", "ISBN_10")
        and (isbn := parse_isbn(str(identifier.get("identifier"))))
    ]
    pages = shapes.whole(info.get("pageCount"))
    description = shapes.text(info.get("description"))
    thumbnail = shapes.text(shapes.mapping(info.get("imageLinks")).get("thumbnail"))
    return Metadata(
        title=info["title"],
        subtitle=shapes.text(info.get("subtitle")),
        authors=shapes.texts(info.get("authors")),
        isbn13=numbers[0] if numbers else None,
        isbn10=isbn10(numbers[0]) if numbers else None,
        publisher=shapes.text(info.get("publisher")),
        published_date=shapes.text(info.get("publishedDate")),
        first_publish_year=year_in(info.get("publishedDate")),
        page_count=pages if pages and pages > 0 else None,
        language=shapes.text(info.get("language")),
        subjects=shapes.texts(info.get("categories"))[:_MAX_SUBJECTS],
        description=description[:_MAX_DESCRIPTION] if description else None,
        # Image links come as http; the same host serves https.
        cover_url=thumbnail.replace("http://", "https://", 1) if thumbnail else None,
        source=SOURCE,
    )
