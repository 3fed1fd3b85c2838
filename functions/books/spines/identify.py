"""Looks a spine up: asks for what stands on it, in several ways, until a book is found that it surely is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from books.matching import normalise
from books.metadata import Metadata
from books.spines import ranking
from books.spines.match import Match
from books.spines.spine import Spine

Search = Callable[[str], Iterable[Metadata]]
"""Books for some words, the likeliest first. Raises what its provider raises."""

_FEWEST_LETTERS = 3
_MOST_WORDS = 20
_MOST_LINES = 3


def identify(spine: Spine, search: Search) -> list[Match]:
    """The books that the spine may be, the best first; whether the first is sure, it says itself."""
    candidates: list[Metadata] = []
    matches: list[Match] = []
    for query in dict.fromkeys(queries(spine)):
        found = [metadata for metadata in search(query) if metadata not in candidates]
        if not found:
            continue
        candidates += found
        matches = ranking.rank(spine, candidates)
        if matches and matches[0].sure and matches[0].author_confirmed:
            break
    return matches


def queries(spine: Spine) -> Iterator[str]:
    """What to ask for: what the reader takes for title and author, all the text, and the longest lines alone. What is
    near only tells which of the books found it is: to ask for it, too, finds the neighbours."""
    lines = sorted(spine.lines, key=lambda line: -len(line.text))[:_MOST_LINES]
    texts = [spine.text, *(line.text for line in lines)]
    if spine.title:
        texts = [f"{spine.title} {spine.author or ''}", spine.title, *texts]
    yield from (words for words in map(_words, texts) if len(words.replace(" ", "")) >= _FEWEST_LETTERS)


def _words(text: str) -> str:
    return " ".join(normalise(text).split()[:_MOST_WORDS])
