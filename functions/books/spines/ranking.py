"""Which book a spine is: how well a candidate's title and author explain what was read. Pure.

A reader misreads letters, runs words together and splits titles; so words are compared with tolerance, a title is
also looked for without its spaces, and an author's name counts wherever it may stand on the same spine. A candidate
is `sure` when its author stands there too, or when its title alone explains the spine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from rapidfuzz import fuzz

from books.matching import normalise
from books.metadata import Metadata
from books.spines.match import Match, plainer, same_work
from books.spines.spine import Spine


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SMALL_WORDS = _listed(
    """
    a an and at by for from in is it of on or the to with de la le el der die das und et
    """
)
_SMALL_WEIGHT = 0.3
_PUBLISHERS = _listed(
    """
    penguin vintage picador harper harpercollins oxford cambridge university press books classics modern
    random house knopf bantam anchor puffin scholastic faber scribner scribners simon schuster norton
    tor orbit corgi pan macmillan abacus virago bloomsbury hachette collins everyman wordsworth dover
    ballantine doubleday minotaur granta canongate hyperion viking crown riverhead houghton harcourt
    brace mifflin little brown paperbacks paperback edition bestseller bestselling author new york times
    fantasy novel fiction
    """
)
_LONGEST = 300
"""Letters of a title or of a line that are looked at."""

_CAPITALS = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Where words run together show where they began."""

_SHORT = 4
_NAME = 80.0
SURE_WITH_AUTHOR = 0.58
SURE_ALONE = 0.95


@dataclass(frozen=True)
class _Word:
    text: str
    line: int
    own: bool
    again: bool
    """Of a second reading of its line."""


@dataclass(frozen=True)
class _Found:
    share: float
    """Of what was looked for."""
    words: frozenset[int] = frozenset()
    """Positions of the words that it was found in."""
    letters: int = 0


class Reading:
    """A spine's words, ready to be compared with many candidates."""

    def __init__(self, spine: Spine) -> None:
        self.words: list[_Word] = []
        self.compact: list[tuple[str, list[int]]] = []
        """Texts without their spaces, and the positions of their words."""
        for own, lines in ((True, spine.lines), (False, spine.near)):
            for line in lines:
                for again, text in enumerate((line.text, *line.also)):
                    self._add(text, line.number, own=own, again=again > 0)
                    if (parted := _CAPITALS.sub(" ", text)) != text:
                        self._add(parted, line.number, own=own, again=True)
        title = [position for position, word in enumerate(self.words) if word.own and not word.again]
        if len({self.words[position].line for position in title}) > 1:
            # A title in several lines, its words run together here and there.
            self.compact.append(("".join(self.words[position].text for position in title), title))
        self.whole_lines = {normalise(line.text).replace(" ", "") for line in spine.lines}
        self.own_letters = sum(
            len(self.words[position].text)
            for position in title
            if self.words[position].text not in _PUBLISHERS
        )

    def _add(self, text: str, line: int, *, own: bool, again: bool) -> None:
        words = normalise(text[:_LONGEST]).split()
        first = len(self.words)
        self.words += [_Word(word, line, own, again) for word in words]
        self.compact.append(("".join(words), list(range(first, len(self.words)))))


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


def _doubted(match: Match, all_: Sequence[Match]) -> Match:
    """A title alone does not tell which of two books of that name it is."""
    if not match.sure or match.author_confirmed:
        return match
    titles = set(_titles(match.metadata))
    namesakes = (other for other in all_ if other is not match and titles & set(_titles(other.metadata)))
    return msgspec.structs.replace(match, sure=False) if any(namesakes) else match


def compare(reading: Reading, candidate: Metadata) -> Match | None:
    """How well a candidate fits; None where its title is not there."""
    titles = _titles(candidate)
    best: tuple[float, _Found, str] | None = None
    for title in titles:
        found = _find_title(reading, title)
        if found.share > 0.45 and (
            best is None or (found.share, found.letters) > (*best[:1], best[1].letters)
        ):
            best = (found.share, found, title)
    if best is None:
        return None
    _, title_found, title = best
    author = _find_author(reading, candidate.authors, title_found.words)
    words = title_found.words | author.words
    own = [position for position in words if reading.words[position].own]
    if not any(reading.words[position].own for position in title_found.words):
        return None
    longest = max(len(word) for word in title.split())
    if not any(
        reading.words[p].own and len(reading.words[p].text) >= min(4, longest) for p in title_found.words
    ):
        return None
    explained = min(1.0, _letters(reading, own) / max(1, reading.own_letters))
    score = 0.55 * title_found.share + 0.25 * author.share + 0.2 * explained
    confirmed = author.share >= 0.5
    title_lines = {reading.words[position].line for position in title_found.words}
    return Match(
        metadata=candidate,
        score=round(score, 3),
        title_lines=sorted(title_lines),
        author_lines=sorted({reading.words[position].line for position in author.words} - title_lines),
        sure=_is_sure(reading, title, title_found, confirmed=confirmed, candidate=candidate),
        author_confirmed=confirmed,
    )


def _letters(reading: Reading, positions: Iterable[int]) -> int:
    return sum(len(reading.words[position].text) for position in positions)


def _is_sure(reading: Reading, title: str, found: _Found, *, confirmed: bool, candidate: Metadata) -> bool:
    significant = [word for word in title.split() if not _small(word)]
    letters = sum(map(len, significant))
    compact = title.replace(" ", "")
    if confirmed and letters > _SHORT:
        return found.share >= SURE_WITH_AUTHOR
    if confirmed:
        # "Rash" by Hautman is easily found in other words: it must stand by itself.
        return compact in reading.whole_lines
    if found.share < SURE_ALONE:
        return False
    names = {word for name in candidate.authors for word in normalise(name).split()}
    if all(word in _PUBLISHERS or word in names for word in significant):
        return False
    if letters < 8 or len(significant) < 2:
        return len(compact) >= 6 and {compact} == reading.whole_lines
    lines = {reading.words[position].line for position in found.words}
    on_lines = sum(
        len(word.text)
        for word in reading.words
        if word.line in lines and not word.again and word.text not in _PUBLISHERS
    )
    if _letters(reading, found.words) < 0.7 * on_lines:
        return False
    own = [position for position in found.words if reading.words[position].own]
    return letters >= 12 or _letters(reading, own) >= 0.6 * reading.own_letters


def _titles(candidate: Metadata) -> list[str]:
    """The title, and what people call the book: without series and subtitle."""
    bare = re.sub(r"\s*[(\[][^()\[\]]*[)\]]\s*$", "", candidate.title) or candidate.title
    texts = {bare, re.split(r"\s*[:;]\s|\s[-\u2013\u2014]\s", bare)[0]}
    return [title for text in texts if (title := normalise(text[:_LONGEST]))]


def _find_title(reading: Reading, title: str) -> _Found:
    by_words = _find_words(reading, title.split())
    if by_words.share >= 0.99:
        return by_words
    compact = title.replace(" ", "")
    run_together = _find_compact(reading, compact)
    return max(by_words, run_together, key=lambda found: (found.share, found.letters))


def _small(word: str) -> bool:
    return len(word) <= 2 or word in _SMALL_WORDS


def _find_words(reading: Reading, wanted: Sequence[str]) -> _Found:
    used: set[int] = set()
    weight = total = 0.0
    letters = 0
    # What matters comes first: small words count only beside it, and never from somewhere else.
    for target in sorted(wanted, key=_small):
        small = _small(target)
        worth = len(target) * (_SMALL_WEIGHT if small else 1.0)
        total += worth
        lines = {reading.words[position].line for position in used} if small else None
        position, likeness = _best_word(reading, target, used, lines)
        if position is not None:
            used.add(position)
            weight += worth * likeness
            letters += len(target)
    return _Found(weight / total if total else 0.0, frozenset(used), letters)


def _best_word(
    reading: Reading, target: str, used: set[int], lines: set[int] | None = None, cutoff: float = 75.0
) -> tuple[int | None, float]:
    best, best_likeness = None, 0.0
    if len(target) <= 3:
        cutoff = 100.0
    for position, word in enumerate(reading.words):
        if position in used or (lines is not None and word.line not in lines):
            continue
        likeness = fuzz.ratio(target, word.text, score_cutoff=cutoff) / 100
        if likeness:
            likeness -= 0.01 * (not word.own) + 0.005 * word.again
        if likeness > best_likeness:
            best, best_likeness = position, likeness
    return best, min(1.0, best_likeness + 0.015)


def _find_compact(reading: Reading, compact: str, cutoff: float = 85.0) -> _Found:
    if len(compact) < 6:
        return _Found(0.0)
    best = _Found(0.0)
    for text, positions in reading.compact:
        if len(text) < len(compact) - 2:
            continue
        aligned = fuzz.partial_ratio_alignment(compact, text, score_cutoff=cutoff)
        if aligned is not None and aligned.score / 100 > best.share:
            best = _Found(
                aligned.score / 100,
                _covered(reading, positions, aligned.dest_start, aligned.dest_end),
                len(compact),
            )
    return best


def _covered(reading: Reading, positions: Sequence[int], start: int, end: int) -> frozenset[int]:
    covered, place = set(), 0
    for position in positions:
        size = len(reading.words[position].text)
        if min(end, place + size) - max(start, place) > size / 3:
            covered.add(position)
        place += size
    return frozenset(covered)


def _find_author(reading: Reading, authors: Sequence[str], taken: frozenset[int]) -> _Found:
    best = _Found(0.0)
    for name in authors[:3]:
        parts = normalise(name).split()
        if not parts:
            continue
        surname, given = parts[-1], [part for part in parts[:-1] if len(part) > 2]
        position, likeness = _best_word(reading, surname, set(taken), cutoff=_NAME)
        words: set[int] = set()
        share = 0.0
        if position is not None:
            words.add(position)
            share = 0.8 * likeness if len(surname) > 3 else 0.4
        elif len("".join(parts)) >= 7 and (found := _find_compact(reading, "".join(parts), 82.0)).words:
            words.update(found.words)
            share = found.share
        elif len(surname) >= 5:
            inside = _find_compact_name(reading, surname)
            if inside is not None:
                words.add(inside)
                share = 0.75
        for part in given:
            position, _ = _best_word(reading, part, set(taken) | words, cutoff=_NAME)
            if position is not None:
                words.add(position)
                share += 0.2
                break
        if share > best.share:
            best = _Found(min(1.0, share), frozenset(words - taken))
    return best


def _find_compact_name(reading: Reading, surname: str) -> int | None:
    for position, word in enumerate(reading.words):
        if len(word.text) > len(surname) and (
            surname in word.text or fuzz.partial_ratio(surname, word.text, score_cutoff=86.0)
        ):
            return position
    return None
