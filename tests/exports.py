"""Libraries of real books, in the shapes in which other programs export them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from books.exports.headerless import HEADERS
from catalogue.books import DATA

Row = Mapping[str, str]

_STORYGRAPH = (
    "Title,Authors,Contributors,ISBN/UID,Format,Read Status,Date Added,Last Date Read,Dates Read,Read Count,Moods,Pace,"
    "Character- or Plot-Driven?,Strong Character Development?,Loveable Characters?,Diverse Characters?,"
    "Flawed Characters?,Star Rating,Review,Content Warnings,Content Warning Description,Tags,Owned?"
)
_QUOTED_IF_EMPTY = (
    "Contributors",
    "Last Date Read",
    "Dates Read",
    "Moods",
    "Review",
    "Content Warning Description",
    "Tags",
)
_LIBRARYTHING = (
    "Book Id,Title,Sort Character,Primary Author,Primary Author Role,Secondary Author,Secondary Author Roles,"
    "Publication,Date,Review,Rating,Comment,Private Comment,Summary,Media,Physical Description,Weight,Height,Thickness,"
    "Length,Dimensions,Page Count,LCCN,Acquired,Date Started,Date Read,Barcode,BCID,Tags,Collections,Languages,"
    "Original Languages,LC Classification,ISBN,ISBNs,Subjects,Dewey Decimal,Dewey Wording,Other Call Number,Copies,"
    "Source,Entry Date,From Where,OCLC,Work id,Lending Patron,Lending Status,Lending Start,Lending End"
)


@cache
def books(count: int, *, start: int = 0) -> tuple[Row, ...]:
    """Books of the catalogue as its data has them: id, title, series, authors, isbn13, isbn10, year, language…"""
    with DATA.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))[start : start + count]


def goodreads(rows: Iterable[Row], *, columns: int = 24) -> bytes:
    """24 columns as exported now, 31 as before October 2022. Every third book is read and has five stars."""
    header = HEADERS[columns]
    return table(header, ([_goodreads(row).get(name, "") for name in header] for row in rows)).encode()


def _goodreads(row: Row) -> Row:
    author, *others = row["authors"].split("; ")
    given, _, surname = author.rpartition(" ")
    read = _number(row) % 3 == 0
    return {
        "Book Id": row["goodreads_id"],
        "Title": f"{row['title']} ({row['series']})" if row["series"] else row["title"],
        "Author": author.replace(" ", "  ", 1),
        "Author l-f": f"{surname}, {given}",
        "Additional Authors": ", ".join(others),
        "ISBN": f'="{row["isbn10"]}"',
        "ISBN13": f'="{row["isbn13"]}"',
        "My Rating": "5" if read else "0",
        "Average Rating": "4.01",
        "Binding": "Paperback",
        "Number of Pages": "321",
        "Original Publication Year": row["year"].removesuffix(".0"),
        "Date Read": "2024/03/01" if read else "",
        "Date Added": "2024/02/11",
        "Bookshelves": "favorites, to-lend" if read else "to-read",
        "Bookshelves with positions": "favorites (#1), to-lend (#2)" if read else "to-read (#3)",
        "Exclusive Shelf": "read" if read else "to-read",
        "My Review": 'I said "yes".<br/>Twice.' if read else "",
        "Read Count": "1" if read else "0",
        "Owned Copies": "0",
    }


def storygraph(rows: Iterable[Row]) -> bytes:
    """23 columns, CRLF; some columns are quoted where they are empty. Every third book has 3.75 stars."""
    lines = [_STORYGRAPH]
    for row in rows:
        read = _number(row) % 3 == 0
        cells = {
            "Title": row["title"],
            "Authors": ", ".join(row["authors"].split("; ")),
            "ISBN/UID": row["isbn13"],
            "Format": "digital",
            "Read Status": "read" if read else "did-not-finish",
            "Date Added": "2024/02/11",
            "Dates Read": "2024/02/20-2024/03/01" if read else "",
            "Read Count": "1" if read else "0",
            "Star Rating": "3.75" if read else "",
            "Tags": "sea, winter" if read else "",
            "Owned?": "Yes" if read else "No",
        }
        lines.append(",".join(_cell(name, cells.get(name, "")) for name in _STORYGRAPH.split(",")))
    return "".join(f"{line}\r\n" for line in lines).encode()


def _cell(name: str, text: str) -> str:
    if any(letter in text for letter in ',"\n') or (not text and name in _QUOTED_IF_EMPTY):
        return '"' + text.replace('"', '""') + '"'
    return text


def librarything(rows: Iterable[Row]) -> bytes:
    """49 columns, tabs, nothing quoted, and bytes that are no UTF-8 in each line."""
    header = _LIBRARYTHING.split(",")
    lines = ["\t".join(header).encode()]
    for row in rows:
        author = row["authors"].split("; ")[0]
        given, _, surname = author.rpartition(" ")
        cells = {
            "Book Id": row["id"].removeprefix("gb"),
            "Title": row["title"],
            "Primary Author": f"{surname}, {given}" if given else author,
            "Publication": "Plume (1992), Paperback, 864 pages",
            "Rating": "4.5",
            "Summary": f'A "classic" by {author}',
            "Media": "Paperback",
            "Page Count": "xxxviii; 999 ",
            "Date Started": "[2006-07-01]",
            "Date Read": "[2006-07-25]",
            "Tags": "sea, winter",
            "Collections": "Your library",
            "ISBN": f"[{row['isbn10']}]",
            "ISBNs": f"{row['isbn10']}, {row['isbn13']}",
            "Subjects": "STRAY",
            "Entry Date": "[2006-08-09]",
        }
        line = "\t".join(cells.get(name, "") for name in header)
        lines.append(line.encode().replace(b"STRAY", b"Cort\xe2azar, Julio"))
    return b"".join(line + b"\n" for line in lines)


def plain(rows: Iterable[Row], *, delimiter: str = ";", encoding: str = "utf-8") -> bytes:
    """A table that somebody keeps by hand."""
    cells = ([row["title"], row["authors"], row["isbn13"], "4"] for row in rows)
    return table(["Title", "Author", "ISBN", "Rating"], cells, delimiter=delimiter).encode(
        encoding, "replace"
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, delimiter: str = ",") -> str:
    """CSV as most programs write it: quotes where they are needed, LF."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def _number(row: Row) -> int:
    return int(row["id"].removeprefix("gb"))
