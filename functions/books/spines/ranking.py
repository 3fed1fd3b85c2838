"""Which book a spine is: how well a candidate's title and author explain what was read. Pure.

An author's name counts wherever it may stand on the same spine. A candidate is `sure` when its author stands there,
too, or when its title alone explains the spine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from books.matching import about_a_book, names, normalise
from books.metadata import Metadata
from books.spines.match import Match, plainer, same_work
from books.spines.reading import Found, Reading, is_publisher, is_small
from books.spines.spine import Spine

_LEAST_TITLE = 0.45
_HALF_READ = 0.8
"""A title of which less is there must explain the spine, even beside its author."""
_CONFIRMED = 0.5
_IN_FULL = 0.95
_SURE_WITH_AUTHOR = 0.58
_SURE_ALONE = 0.95
_SHORT = 4
"""Letters of a title that are easily found in other words."""


def rank(spine: Spine, candidates: Iterable[Metadata], *, most: int = 5) -> list[Match]:
    """The candidates that the spine's text speaks for, the best first."""
    reading = Reading(spine)
    found = [match for candidate in candidates if (match := compare(reading, candidate))]
    found.sort(key=lambda match: (-match.sure, -match.score))
    unique: list[Match] = []
    for match in found:
        place = next(
            (place for place, known in enumerate(unique) if same_work(known.metadata, match.metadata)), None
        )
        if place is None:
            unique.append(match)
        elif match.sure == unique[place].sure and plainer(match.metadata, unique[place].metadata):
            unique[place] = match
    return [_doubted(match, unique) for match in unique[:most]]


def compare(reading: Reading, candidate: Metadata) -> Match | None:
    """How well a candidate fits; None where its title is not there."""
    found = [(reading.find_title(title), title) for title in _titles(candidate)]
    title_found, title = max(found, key=lambda pair: (pair[0].share, pair[0].letters), default=(Found(), ""))
    if title_found.share <= _LEAST_TITLE or not _stands_on_spine(reading, title, title_found):
        return None
    author = reading.find_author(candidate.authors, title, title_found.words)
    title_lines = reading.lines(title_found.words)
    return Match(
        metadata=candidate,
        score=round(
            0.55 * title_found.share + 0.25 * author.share + 0.2 * _explained(reading, title_found, author), 3
        ),
        title_lines=sorted(title_lines),
        author_lines=sorted(reading.lines(author.words) - title_lines),
        sure=_is_sure(reading, title, title_found, author, candidate),
        author_confirmed=author.share >= _CONFIRMED,
    )


def _titles(candidate: Metadata) -> list[str]:
    """What its book is called, but for names that leave out that it is about another book."""
    about = about_a_book(f"{candidate.title} {candidate.subtitle or ''}")
    return sorted(name for name in names(candidate) if name and not about - about_a_book(name))


def _stands_on_spine(reading: Reading, title: str, found: Found) -> bool:
    """Whether some of it stands on the spine itself, rather than all of it near."""
    longest = max(map(len, title.split()))
    return reading.letters(reading.own(found.words)) >= min(_SHORT, longest)


def _is_sure(reading: Reading, title: str, found: Found, author: Found, candidate: Metadata) -> bool:
    significant = [word for word in title.split() if not is_small(word)]
    if author.share >= _CONFIRMED:
        return _is_sure_with_author(reading, title, found, author)
    if found.share < _SURE_ALONE:
        return False
    names_ = {word for name in candidate.authors for word in normalise(name).split()}
    if all(is_publisher(word) or word in names_ for word in significant):
        return False
    letters = sum(map(len, significant))
    if letters < 8 or len(significant) < 2:
        # A word is the title of many books: it must be all of the title, and all that stands on the spine.
        if title != max(names(candidate), key=len):
            return False
        return len(title.replace(" ", "")) >= 6 and reading.own_lines <= reading.lines_of_only(title)
    if reading.letters(found.words) < 0.7 * _letters_on_lines(reading, found):
        return False
    return letters >= 12 or reading.letters(reading.own(found.words)) >= 0.6 * reading.own_letters


def _is_sure_with_author(reading: Reading, title: str, found: Found, author: Found) -> bool:
    explained = _explained(reading, found, author)
    if sum(len(word) for word in title.split() if not is_small(word)) <= _SHORT:
        # "Rash" by Hautman is easily found in other words: nothing but its author may stand beside it.
        return not reading.lines_of_only(title, author.words).isdisjoint(reading.lines(found.words))
    if found.share < _HALF_READ:
        return found.share >= _SURE_WITH_AUTHOR and explained >= 0.5
    # In much text there are words like any title and any name; not so a whole name.
    return explained >= 0.25 or author.share >= _IN_FULL


def _explained(reading: Reading, title: Found, author: Found) -> float:
    """How much of what stands on the spine is title or author."""
    own = reading.letters(reading.own(title.words | author.words))
    return min(1.0, own / max(1, reading.own_letters))


def _letters_on_lines(reading: Reading, found: Found) -> int:
    lines = reading.lines(found.words)
    return sum(
        len(word.text)
        for word in reading.words
        if word.line in lines and not word.again and not is_publisher(word.text)
    )


def _doubted(match: Match, all_: Sequence[Match]) -> Match:
    """A title alone does not tell which of two books of that name it is."""
    if not match.sure or match.author_confirmed:
        return match
    titles = names(match.metadata)
    namesakes = (other for other in all_ if other is not match and titles & names(other.metadata))
    return msgspec.structs.replace(match, sure=False) if any(namesakes) else match
