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
    """What to ask for: what the reader takes for title and author, all the text, all with what is near, and the
    longest lines alone."""
    if spine.title:
        yield _words(f"{spine.title} {spine.author or ''}")
        yield _words(spine.title)
    texts = [_words(spine.text)]
    if spine.near:
        texts.append(_words(" ".join([spine.text, *(line.text for line in spine.near)])))
    lines = sorted(spine.lines, key=lambda line: -len(line.text))[:_MOST_LINES]
    texts += [_words(line.text) for line in lines]
    yield from (text for text in texts if len(text.replace(" ", "")) >= _FEWEST_LETTERS)


def _words(text: str) -> str:
    return " ".join(normalise(text).split()[:_MOST_WORDS])
