"""The console's history: bounded in entries and in bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from local_emulator.console.ring import Entry, Ring


def filled(sizes: list[int], *, entries: int = 3, size: int = 100) -> Ring[Entry]:
    ring: Ring[Entry] = Ring(entries=entries, size=size)
    for each in sizes:
        ring.append(Entry(size=each))
    return ring


def numbers(ring: Ring[Entry]) -> list[int]:
    return [entry.number for entry in ring]


def test_the_oldest_make_room_for_the_newest() -> None:
    """No more entries are kept than there may be."""
    assert [2, 3, 4] == numbers(filled([1] * 5))


def test_bytes_count_too() -> None:
    """Two of 60 are more than 100."""
    assert [1] == numbers(filled([60, 60]))


def test_the_newest_is_kept_however_large() -> None:
    """Otherwise nothing would be seen of it at all."""
    assert [1] == numbers(filled([10, 1000]))


def test_an_entry_is_found_as_long_as_it_is_kept() -> None:
    """By its number, which no other entry ever gets."""
    ring = filled([1] * 5)

    found = ring.find(3)
    assert found is not None
    assert 3 == found.number
    assert ring.find(1) is None
    assert ring.find(5) is None
    assert ring.find(-1) is None


def test_numbers_go_on_when_the_history_is_cleared() -> None:
    """What an open page knows by its number stays what it was."""
    ring = filled([1, 1])
    ring.clear()
    ring.append(Entry(size=1))

    assert [2] == numbers(ring)
    assert 1 == ring.bytes


def test_an_entry_that_grows_makes_others_go() -> None:
    """An invocation is larger when it ends than when it begins."""
    ring = filled([40, 40])
    grown = ring.find(1)
    assert grown is not None
    ring.grow(grown, 50)

    assert [1] == numbers(ring)
    assert 90 == ring.bytes


def test_an_entry_that_is_not_kept_any_more_may_grow() -> None:
    """It does not count."""
    ring = filled([40])
    gone = ring.find(0)
    assert gone is not None
    for _ in range(3):
        ring.append(Entry(size=1))
    ring.grow(gone, 1000)

    assert 3 == ring.bytes


@given(st.lists(st.integers(0, 150), max_size=40), st.integers(1, 8), st.integers(1, 200))
def test_what_is_kept_is_the_newest_and_counted_right(sizes: list[int], entries: int, size: int) -> None:
    """Whatever comes."""
    ring = filled(sizes, entries=entries, size=size)

    kept = list(ring)
    assert list(range(len(sizes) - len(kept), len(sizes))) == numbers(ring)
    assert sum(entry.size for entry in kept) == ring.bytes
    assert len(kept) <= entries
    assert ring.bytes <= size or len(kept) == 1
    assert kept[-2:] == ring.newest(2)
