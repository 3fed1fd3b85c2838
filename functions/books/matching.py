"""Whether a candidate is the book that was asked for. Pure; a wrong book is worse than none.

Titles are compared without accents, case, punctuation, leading articles, a series in brackets, and, where only one
side has it, the subtitle. An author must share a surname.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

from books.metadata import Metadata

DEFAULT_THRESHOLD = 0.85
_SERIES = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")
_ARTICLES = ("the ", "a ", "an ")
_WITHOUT_AUTHOR = 0.95
"""Without an author to confirm it, a title must be all but the same."""
_ABOUT_A_BOOK = re.compile(
    r"\b(abridged|analysis|box(ed)? set|cliffs ?notes|colou?ring book|companion|graphic novel|guide|journal"
    r"|screenplay|sparknotes|summary|unofficial|workbook)\b"
)
"""Words that make another book of a title: asked for The Hobbit, nobody wants The Hobbit: Graphic Novel."""
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "phd", "md"})


def score(metadata: Metadata, title: str, author: str | None) -> float:
    """How well a candidate fits, 0 to 1; 0 where the author is another one, or where it is a book about the book."""
    if about_a_book(f"{metadata.title} {metadata.subtitle or ''}") - about_a_book(title):
        return 0.0
    likeness = max(_likeness(left, right) for left in variants(title) for right in names(metadata))
    if author is None:
        return likeness if likeness >= _WITHOUT_AUTHOR else likeness * 0.8
    if not metadata.authors:
        return likeness * 0.9
    if not _same_author(author, metadata.authors):
        return 0.0
    return likeness


def best(
    candidates: Iterable[Metadata], title: str, author: str | None, threshold: float
) -> tuple[Metadata, float] | None:
    """The best candidate and its score, or None where none reaches the threshold. The first of equals wins: the
    provider ranked it higher."""
    scored = [(candidate, score(candidate, title, author)) for candidate in candidates]
    reaching = [pair for pair in scored if pair[1] >= threshold]
    return max(reaching, key=lambda pair: pair[1], default=None)


def normalise(text: str) -> str:
    """Letters and digits of any script, lower case, without accents, single spaces."""
    decomposed = unicodedata.normalize("NFKD", text.replace("&", " and "))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    plain = re.sub(r"['\u2019`]", "", plain.casefold())
    return " ".join(re.sub(r"[\W_]+", " ", plain).split())


def about_a_book(title: str) -> set[str]:
    """The words in a title that make it another book's than the one it names: "study guide", "boxed set"."""
    return {match[0] for match in _ABOUT_A_BOOK.finditer(normalise(title))}


def variants(title: str) -> set[str]:
    """What people call a book: its title without series and leading article, with and without the subtitle."""
    bare = _SERIES.sub("", title) or title
    texts = {bare, re.split(r"\s*[:;]\s|\s[-\u2013\u2014]\s", bare)[0]}
    return {_without_article(normalise(text)) for text in texts} - {""} or {normalise(title)}


def names(metadata: Metadata) -> set[str]:
    """What people call the book of a record, whichever of its fields the subtitle stands in."""
    subtitled = variants(f"{metadata.title}: {metadata.subtitle}") if metadata.subtitle else set()
    return variants(metadata.title) | subtitled


def _without_article(text: str) -> str:
    for article in _ARTICLES:
        if text.startswith(article) and len(text) > len(article):
            return text.removeprefix(article)
    return text


def _likeness(left: str, right: str) -> float:
    if left == right:
        return 1.0
    if _numbers(left) != _numbers(right):
        # "Part 1" and "Part 2" are nearly the same text and not the same book.
        return 0.0
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


def _numbers(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def _same_author(asked: str, found: Iterable[str]) -> bool:
    wanted = {surname(name) for name in re.split(r"\s*(?:;|&| and )\s*", asked)}
    given = {surname(name) for name in found} | {_surname_first(name) for name in found}
    return bool((wanted | {_surname_first(asked)}) & given - {""})


def surname(name: str) -> str:
    """The normalised last name, without "Jr." and the like; empty where there is none."""
    if "," in name:
        return _surname_first(name)
    words = [word for word in normalise(name).split() if word not in _SUFFIXES]
    return words[-1] if words else ""


def _surname_first(name: str) -> str:
    words = normalise(name.partition(",")[0]).split() if "," in name else []
    return words[-1] if words else ""
