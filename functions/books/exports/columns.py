"""Which column holds what, by its name in the header, and which program wrote it.

Names are compared without case, accents, spaces and punctuation, so `ISBN/UID`, `isbn_uid` and `isbn uid` are one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

GOODREADS, STORYGRAPH, LIBRARYTHING, OTHER = "goodreads", "storygraph", "librarything", "other"

_NAMES = {
    "title": "title booktitle titulo titre titel titolo bookname name book mytitle",
    "author": "author authors primaryauthor authorname bookauthor authorlf writer creator by myauthors"
    " autor autores autoren verfasser auteur auteurs autore autori",
    "moreAuthors": "additionalauthors secondaryauthor otherauthors coauthors",
    "contributors": "contributors",
    "isbn": "isbn13 ean13 ean isbn isbn10 isbnnumber isbnno isbncode isbns isbntext",
    "uid": "isbnuid isbnasin isbnorasin",
    "rating": "myrating starrating yourrating userrating rating stars bewertung calificacion",
    "status": "exclusiveshelf readstatus readingstatus mystatus status shelf",
    "shelves": "bookshelves shelves bookshelf bookshelveswithpositions",
    "tags": "tags tag labels",
    "collections": "collections collection",
    "dateStarted": "datestarted startdate started startedon",
    "datesRead": "datesread dateread lastdateread readdate datefinished finishdate enddate finished finishedon readon"
    " datecompleted",
    "dateAdded": "dateadded entrydate addedon added",
    "review": "myreview review reviewtext",
    "notes": "privatenotes notes mynotes comment comments privatecomment",
    "format": "format binding bookformat",
    "pages": "numberofpages pagecount pages numpages",
    "publisher": "publisher",
    "year": "yearpublished publicationyear year",
    "originalYear": "originalpublicationyear firstpublished",
    "language": "languages language lang",
    "readCount": "readcount timesread",
    "owned": "owned ownedcopies",
    "series": "series seriesname seriestitle",
    "position": "seriesnumber seriesposition numberinseries volume booknumber",
}
"""The best column first: where several are there, the first with something in it counts."""

_LIBRARYTHING_NAMES = {"year": "date", "publisher": "publication", "media": "media"}
"""Words too general to mean the same elsewhere."""


def format_of(header: Iterable[str]) -> str:
    """The program whose export has these columns. Some may be missing, or added: spreadsheets do that."""
    names = {_plain(name) for name in header if name}
    if "exclusiveshelf" in names or {"bookshelves", "myrating"} <= names:
        return GOODREADS
    if "isbnuid" in names or {"readstatus", "starrating"} <= names:
        return STORYGRAPH
    if "primaryauthor" in names and names & {"collections", "workid", "media", "lccn"}:
        return LIBRARYTHING
    return OTHER


def places(header: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Where in a row each kind of thing may be, the best place first; only what the header has."""
    at: dict[str, list[int]] = {}
    for index, name in enumerate(header):
        # A file of separators has millions of columns, none with a name.
        if name:
            at.setdefault(_plain(name), []).append(index)
    known = _NAMES | (_LIBRARYTHING_NAMES if format_of(header) == LIBRARYTHING else {})
    found = {
        kind: tuple(index for name in names.split() for index in at.get(name, ()))
        for kind, names in known.items()
    }
    return {kind: indexes for kind, indexes in found.items() if indexes}


def _plain(name: str) -> str:
    """Letters and digits only; no name that is known is longer than those hundred characters."""
    decomposed = unicodedata.normalize("NFKD", name[:100]).casefold()
    return "".join(letter for letter in decomposed if letter.isalnum())
