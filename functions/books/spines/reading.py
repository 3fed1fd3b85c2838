"""A spine's text, and whether a title or a name stands in it. Pure.

A reader misreads letters, runs words together and splits titles; so words are compared with tolerance, and what is
looked for is looked for without its spaces, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from books.matching import normalise, surname
from books.spines.spine import Line, Spine


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

_ALIKE = 75.0
"""Hundredths of its letters that a word of a title needs; the shortest need them all."""
_ALIKE_TOGETHER = 85.0
_NAME_ALIKE = 80.0
_NAME_ALIKE_TOGETHER = 82.0
_SURNAME_INSIDE = 86.0
_LEAST_TOGETHER = 6
"""Letters of what is looked for within words; less is found in any."""
_MOST_AUTHORS = 3


@dataclass(frozen=True)
class Word:
    """A word as it was read."""

    text: str
    line: int
    own: bool
    """Of the spine itself, rather than near it."""
    again: bool
    """Of another reading of its line."""


@dataclass(frozen=True)
class Found:
    """What was found of a title or a name."""

    share: float = 0.0
    words: frozenset[int] = frozenset()
    """Positions of the words that it was found in."""
    letters: int = 0


class Reading:
    """A spine's words, ready to be compared with many candidates."""

    def __init__(self, spine: Spine) -> None:
        self.words: list[Word] = []
        self._together: list[tuple[str, list[int]]] = []
        """Texts without their spaces, and the positions of their words."""
        for own, lines in ((True, spine.lines), (False, spine.near)):
            for line in lines:
                self._add(line, own=own)
        title = [position for position, word in enumerate(self.words) if word.own and not word.again]
        if len({self.words[position].line for position in title}) > 1:
            # A title in several lines, its words run together here and there.
            self._together.append(("".join(self.words[position].text for position in title), title))
        self.own_lines = {line.number for line in spine.lines}
        self.own_letters = self.letters(
            position for position in title if not is_publisher(self.words[position].text)
        )
        """How much stands on the spine, but for its publisher."""

    def letters(self, positions: Iterable[int]) -> int:
        """How many letters some words have."""
        return sum(len(self.words[position].text) for position in positions)

    def lines(self, positions: Iterable[int]) -> set[int]:
        """Numbers of the lines that some words stand on."""
        return {self.words[position].line for position in positions}

    def own(self, positions: Iterable[int]) -> list[int]:
        """Those of some words that stand on the spine itself."""
        return [position for position in positions if self.words[position].own]

    def lines_of_only(self, title: str, beside: frozenset[int] = frozenset()) -> set[int]:
        """The lines that say a normalised title letter by letter and nothing else, but for those words and a
        publisher's."""
        said = _with_articles(title.replace(" ", ""))
        kept = title.split()
        found: set[int] = set()
        for _, positions in self._together:
            words = [self.words[position].text for position in positions if position not in beside]
            if "".join(word for word in words if word in kept or not is_publisher(word)) in said:
                found |= self.lines(positions)
        return found

    def find_title(self, title: str) -> Found:
        """How much of a normalised title stands there."""
        by_words = self._find_words(title[:_LONGEST].split())
        if by_words.share >= 0.99:
            return by_words
        together = self._find_together(title[:_LONGEST].replace(" ", ""), _ALIKE_TOGETHER)
        return max(by_words, together, key=lambda found: (found.share, found.letters))

    def find_author(self, authors: Sequence[str], title: str, taken: frozenset[int]) -> Found:
        """How much of the best read of some names stands there beside a title, which takes those words: "Mark Twain" by
        Mark Twain needs the name twice."""
        return max(
            (self._find_name(name, title.split(), taken) for name in authors[:_MOST_AUTHORS]),
            key=lambda found: found.share,
            default=Found(),
        )

    def _add(self, line: Line, *, own: bool) -> None:
        readings = [line.text, *line.also]
        readings += [parted for text in readings if (parted := _CAPITALS.sub(" ", text)) != text]
        for number, text in enumerate(readings):
            words = normalise(text[:_LONGEST]).split()
            first = len(self.words)
            self.words += [Word(word, line.number, own, number > 0) for word in words]
            self._together.append(("".join(words), list(range(first, len(self.words)))))

    def _find_words(self, wanted: Sequence[str]) -> Found:
        used: set[int] = set()
        weight = total = 0.0
        letters = 0
        all_small = all(map(is_small, wanted))
        # What matters comes first: small words count only beside it, and never from somewhere else.
        for target in sorted(wanted, key=is_small):
            small = is_small(target) and not all_small
            worth = len(target) * (_SMALL_WEIGHT if small else 1.0)
            total += worth
            position, likeness = self._best(target, used, _ALIKE, self.lines(used) if small else None)
            if position is not None:
                used.add(position)
                weight += worth * likeness
                letters += len(target)
        return Found(weight / total if total else 0.0, frozenset(used), letters)

    def _best(
        self, target: str, taken: Iterable[int], alike: float, lines: set[int] | None = None
    ) -> tuple[int | None, float]:
        """The word most like another, and how like it is."""
        best, best_likeness = None, 0.0
        if len(target) <= 3:
            alike = 100.0
        for position, word in enumerate(self.words):
            if position in taken or (lines is not None and word.line not in lines):
                continue
            likeness = fuzz.ratio(target, word.text, score_cutoff=alike) / 100
            if likeness:
                likeness -= 0.01 * (not word.own) + 0.005 * word.again
            if likeness > best_likeness:
                best, best_likeness = position, likeness
        return best, min(1.0, best_likeness + 0.015)

    def _find_together(self, compact: str, alike: float) -> Found:
        best = Found()
        for text, positions in self._together:
            if len(compact) < _LEAST_TOGETHER:
                if text in _with_articles(compact):
                    return Found(1.0, frozenset(positions), len(compact))
                continue
            if len(text) < len(compact) - 2:
                continue
            aligned = fuzz.partial_ratio_alignment(compact, text, score_cutoff=alike)
            if aligned is not None and aligned.score / 100 > best.share:
                covered = self._covered(positions, aligned.dest_start, aligned.dest_end)
                best = Found(aligned.score / 100, covered, len(compact))
        return best

    def _covered(self, positions: Sequence[int], start: int, end: int) -> frozenset[int]:
        covered, place = set(), 0
        for position in positions:
            size = len(self.words[position].text)
            if min(end, place + size) - max(start, place) > size / 3:
                covered.add(position)
            place += size
        return frozenset(covered)

    def _find_name(self, name: str, title: Sequence[str], taken: frozenset[int]) -> Found:
        last, parts = surname(name), normalise(name).split()
        if not last:
            return Found()
        found = self._find_surname(last, taken)
        if not found.words and last not in title:
            found = self._find_run_together(last, "".join(parts))
        for given in parts:
            if given == last:
                continue
            # An initial counts beside the surname alone: single letters are found everywhere.
            lines = self.lines(found.words) if len(given) <= 2 else None
            position, _ = self._best(given, taken | found.words, _NAME_ALIKE, lines)
            if position is not None:
                found = Found(found.share + 0.2, found.words | {position})
                break
        return Found(min(1.0, found.share), found.words - taken)

    def _find_surname(self, last: str, taken: frozenset[int]) -> Found:
        position, likeness = self._best(last, taken, _NAME_ALIKE)
        if position is None:
            return Found()
        return Found(0.8 * likeness if len(last) > 3 else 0.4, frozenset({position}))

    def _find_run_together(self, last: str, whole: str) -> Found:
        """A name in words that may be the title's, too: "GAIMANNEVERWHERE"."""
        if len(whole) >= 7 and (found := self._find_together(whole, _NAME_ALIKE_TOGETHER)).words:
            return found
        if len(last) >= 5:
            for position, word in enumerate(self.words):
                if len(word.text) > len(last) and fuzz.partial_ratio(
                    last, word.text, score_cutoff=_SURNAME_INSIDE
                ):
                    return Found(0.75, frozenset({position}))
        return Found()


def _with_articles(compact: str) -> set[str]:
    return {article + compact for article in ("", "the", "a", "an")}


def is_small(word: str) -> bool:
    """Whether a word says nothing by itself."""
    return len(word) <= 2 or word in _SMALL_WORDS


def is_publisher(word: str) -> bool:
    """Whether a word is found on spines of many books: publishers, and what they praise."""
    return word in _PUBLISHERS
