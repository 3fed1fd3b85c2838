"""What single cells say: ISBNs, ratings, numbers, shelves. What cannot be read is None, never an error."""

from __future__ import annotations

import re

from books.isbn import looks_like_isbn, parse_isbn

_SHORT = 100
"""Characters; no ISBN, number or rating is longer."""
_SHOWN = 40
"""Characters of a cell in a reason: ten thousand reasons go into one answer."""
_SCIENTIFIC = re.compile(r"([0-9])[.,]([0-9]+)e\+?([0-9]{1,2})", re.IGNORECASE)
_WITHOUT_ZEROS = re.compile(r"[0-9]{6,8}[0-9Xx]")
_RATING = re.compile(r"([0-9]{1,3}(?:[.,][0-9]{1,4})?)(?: ?(?:/|of|out of) ?(5|10|100))?(?: ?(?:stars?|\*))?")
_STATUSES = {
    "read": ("read", "finished", "completed", "done"),
    "to-read": ("to read", "toread", "want to read", "tbr", "unread", "to be read"),
    "currently-reading": ("currently reading", "reading", "in progress", "currentlyreading", "started"),
    "did-not-finish": ("did not finish", "dnf", "didnotfinish"),
}
_STATUS_OF = {word: status for status, words in _STATUSES.items() for word in words}
_NO_BOOK = re.compile(
    r"\b(?:dvds?|blu-?ray|vhs|videos?|video ?cassette|films?|movies?|laser ?disc|cd audio|audio recording|music|lp"
    r"|vinyl|sheet music|musical score|games?|video ?game|software|toys?|puzzle|maps?|poster|object|artwork)\b",
    re.IGNORECASE,
)


def unwrap(cell: str) -> str:
    """Without blanks around it, and without the formula `="…"` that keeps a spreadsheet from changing it."""
    plain = cell.strip()
    if plain.startswith('="') and plain.endswith('"') and len(plain) > 2:
        return plain[2:-1].strip()
    return plain


def shown(text: str) -> str:
    """The start of a text, fit to stand in a sentence for a person."""
    start = " ".join(text[: 2 * _SHOWN].split())
    plain = "".join(letter if letter.isprintable() else "\ufffd" for letter in start)
    return plain if len(plain) <= _SHOWN else f"{plain[: _SHOWN - 1]}…"


def isbn_text(cell: str) -> str:
    """What stands in a cell for ISBNs, without what programs put around it; empty if there is nothing."""
    plain = unwrap(cell)[:_SHORT].strip("[]'\" ")
    plain = re.sub(r"^isbn(?:-?1[03])?\s*[:#]?\s*(?=[0-9])", "", plain, flags=re.IGNORECASE)
    # Software that takes a column for numbers writes them as fractions.
    return re.sub(r"^([0-9]{7,13})\.0+$", r"\1", plain)


def isbn(cell: str, *, lost_zeros: int = 3) -> str | None:
    """The first valid ISBN in a cell, as ISBN-13.

    Spreadsheets drop zeros at the start. So many of them are restored, and the check digit confirms them; but it would
    confirm one in eleven of any numbers, so a column that may hold others is better trusted less.
    """
    text = isbn_text(cell)
    for part in (text, *re.split(r"[,;/|]", text)):
        number = _unscientific(part.strip("[]'\" "))
        if len(number) >= 10 - lost_zeros and _WITHOUT_ZEROS.fullmatch(number):
            number = number.zfill(10)
        if valid := parse_isbn(number):
            return valid
    return None


def why_no_isbn(text: str) -> str:
    """What is wrong with a text that was meant as an ISBN."""
    if _SCIENTIFIC.fullmatch(text):
        return f"the ISBN {shown(text)} has lost its digits in a spreadsheet"
    digits = re.sub(r"[\s-]", "", text)
    if looks_like_isbn(text) and (len(digits) == 10 or digits.startswith(("978", "979"))):
        return f"the ISBN {shown(text)} has a wrong check digit"
    return f"{shown(text)} is no ISBN"


def meant_as_isbn(text: str) -> bool:
    """Whether it is a number, right or wrong, and not the identifier of a shop or a program."""
    return re.fullmatch(r"[0-9][0-9Xx.,+\sEe\-]*", text, re.ASCII) is not None


def rating(cell: str) -> float | None:
    """Stars, 0 to 5; also out of ten, and drawn."""
    text = " ".join(cell[:_SHORT].split()).casefold()
    drawn = text.rstrip("☆ ")
    if drawn and not drawn.strip("★⭐½\ufe0f"):
        value = drawn.count("★") + drawn.count("⭐") + drawn.count("½") / 2
        return value if value <= 5 else None
    match = _RATING.fullmatch(text)
    if match is None:
        return None
    value = float(match[1].replace(",", ".")) * 5 / int(match[2] or 5)
    return round(value, 3) if value <= 5 else None


def number(cell: str) -> int | None:
    """The first whole number, as in "590 p." or "xxxviii; 999"."""
    match = re.search(r"(?<![0-9])[0-9]{1,6}(?![0-9])", cell[:_SHORT])
    return int(match[0]) if match else None


def year(cell: str) -> int | None:
    """A year, before Christ too, or the one in "c1992"."""
    text = cell[:_SHORT].strip("[] ")
    if re.fullmatch(r"-?[0-9]{1,4}(?:\.0)?", text):
        return int(text.removesuffix(".0")) or None
    match = re.search(r"(?<![0-9])(?:1[0-9]{3}|20[0-9]{2})(?![0-9])", text)
    return int(match[0]) if match else None


def yes(cell: str) -> bool | None:
    """Yes or no; a number of copies is yes. None of them says nothing: that is what stands there if nobody counted."""
    word = cell.strip().casefold()
    if word in ("yes", "y", "true", "x"):
        return True
    if word in ("no", "n", "false"):
        return False
    return True if number(word) else None


def status(cell: str) -> str | None:
    """`read`, `to-read`, `currently-reading`, `did-not-finish`, or the person's own word."""
    text = " ".join(cell.split())
    return _STATUS_OF.get(text.casefold().replace("-", " ").replace("_", " "), text) or None


def shelves(cell: str) -> list[str]:
    """Shelves or tags, without their positions, each once."""
    names = (_without_position(" ".join(name.split())) for name in re.split(r"[,;|]", cell))
    return list(dict.fromkeys(name for name in names if name))


def is_no_book(media: str) -> bool:
    """Whether LibraryThing calls it anything but a book. Bindings are named in every language, so only what is known
    not to be a book is refused."""
    return _NO_BOOK.search(media[:_SHORT]) is not None


def _without_position(shelf: str) -> str:
    name, _, position = shelf.rpartition(" (#")
    return name if re.fullmatch(r"[0-9]+\)", position) else shelf


def _unscientific(text: str) -> str:
    """`9.780439023481E+12` is that number; `9.78E+12` has lost its digits and stays what it is."""
    match = _SCIENTIFIC.fullmatch(text)
    if match is None or len(match[2]) < int(match[3]):
        return text
    digits = match[1] + match[2]
    whole, fraction = digits[: int(match[3]) + 1], digits[int(match[3]) + 1 :]
    return text if fraction.strip("0") else whole
