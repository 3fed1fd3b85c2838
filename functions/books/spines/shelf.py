"""What stands on the shelf: which candidate each spine is, each piece of text serving one book. Pure.

It is asked of a scan that is over and of one that runs, where the results of some spines are still missing: what there
is is arranged, and may be arranged otherwise when more is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from books.spines.match import Match, plainer, same_work
from books.spines.spine import Spine


@dataclass(frozen=True)
class Shelved:
    """A spine, with the book that it is, or with what it may be."""

    spine: Spine
    book: Match | None
    candidates: list[Match]


def arrange(read: Sequence[tuple[Spine, Sequence[Match]]]) -> list[Shelved]:
    """Gives each line of the photo to one book, the surest match first; in the order of the spines.

    A spine may hold two books, where two were taken for one; it is left out where its text went to books beside it.
    """
    books, used = _books(read)
    shelved: list[Shelved] = []
    for place, (spine, matches) in enumerate(read):
        own = [Shelved(spine, match, []) for match in books[place]]
        shelved += own
        left = [line for line in spine.lines if line.number not in used]
        open_ = [match for match in matches if used.isdisjoint(match.title_lines)]
        if len(left) * 2 > len(spine.lines) and (open_ or not own):
            shelved.append(Shelved(spine, None, open_))
    return shelved


def _books(read: Sequence[tuple[Spine, Sequence[Match]]]) -> tuple[list[list[Match]], set[int]]:
    """The books of each spine, and the lines that they are told by."""
    offers = [(match, place) for place, (_, matches) in enumerate(read) for match in matches if match.sure]
    offers.sort(key=lambda offer: (-offer[0].score, offer[1]))
    on_line: defaultdict[int, list[int]] = defaultdict(list)
    for number, (match, _) in enumerate(offers):
        for line in match.title_lines:
            on_line[line].append(number)
    used: set[int] = set()
    titles: set[int] = set()
    books: list[list[Match]] = [[] for _ in read]
    for best, place in offers:
        # A title is one book's; a name may be that of the books on either side.
        if not used.isdisjoint(best.title_lines) or not titles.isdisjoint(best.author_lines):
            continue
        used.update(best.title_lines, best.author_lines)
        titles.update(best.title_lines)
        sharing = sorted({number for line in best.title_lines for number in on_line[line]})
        match = _plainest(best, [offers[number][0] for number in sharing])
        shelved = ((read[other][0], book) for other, there in enumerate(books) for book in there)
        if not any(_same_copy(read[place][0], match, spine, book) for spine, book in shelved):
            books[place].append(match)
    return books, used


def _plainest(match: Match, sharing: Sequence[Match]) -> Match:
    """The same match under the plainest record of the work, of those that text on the same lines speaks for."""
    for other in sharing:
        if plainer(other.metadata, match.metadata) and same_work(other.metadata, match.metadata):
            match = msgspec.structs.replace(match, metadata=other.metadata)
    return match


def _same_copy(spine: Spine, match: Match, other: Spine, book: Match) -> bool:
    """Whether two matches of one work are one copy, its title printed twice, rather than two that stand apart."""
    if not same_work(match.metadata, book.metadata):
        return False
    beside = {line.number for line in (*other.lines, *other.near)}
    one, two = spine.box, other.box
    above = (one.y1 > two.y2 or one.y2 < two.y1) and one.x1 < two.x2 and two.x1 < one.x2
    return above or not beside.isdisjoint(match.title_lines)
