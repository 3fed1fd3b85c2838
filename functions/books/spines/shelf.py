"""What stands on the shelf: which candidate each spine is, each piece of text serving one book. Pure."""

from __future__ import annotations

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
    """Gives each line of the photo to one book, the surest match first."""
    offers = [(match, place) for place, (_, matches) in enumerate(read) for match in matches if match.sure]
    offers.sort(key=lambda offer: (-offer[0].score, offer[1]))
    used: set[int] = set()
    titles: set[int] = set()
    books: list[tuple[int, Match]] = []
    for best, place in offers:
        if not used.isdisjoint(best.title_lines) or not titles.isdisjoint(best.author_lines):
            continue
        match = _plainest(best, [offer for offer, _ in offers])
        used.update(best.title_lines, best.author_lines)
        titles.update(best.title_lines)
        if not any(_same_copy(read[place][0], match, read[other][0], book) for other, book in books):
            books.append((place, match))
    shelved = [Shelved(read[place][0], match, []) for place, match in sorted(books, key=lambda book: book[0])]
    for spine, matches in read:
        left = [line for line in spine.lines if line.number not in used]
        if len(left) * 2 > len(spine.lines):
            open_ = [match for match in matches if used.isdisjoint(match.title_lines)]
            shelved.append(Shelved(spine, None, open_))
    return shelved


def _plainest(match: Match, offers: Sequence[Match]) -> Match:
    """The same match under the plainest record of the work that the same text speaks for."""
    for other in offers:
        if (
            same_work(other.metadata, match.metadata)
            and plainer(other.metadata, match.metadata)
            and not set(other.title_lines).isdisjoint(match.title_lines)
        ):
            match = msgspec.structs.replace(match, metadata=other.metadata)
    return match


def _same_copy(spine: Spine, match: Match, other: Spine, book: Match) -> bool:
    """Whether two matches of one work are one copy, its title printed twice, rather than two that stand apart."""
    if match.metadata.title != book.metadata.title:
        return False
    beside = {line.number for line in other.near} | {line.number for line in other.lines}
    return (
        not beside.isdisjoint(match.title_lines) or spine.box.y1 > other.box.y2 or spine.box.y2 < other.box.y1
    )
