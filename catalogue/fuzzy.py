"""A search that forgives: misread letters, words run together, titles cut off. Pure.

Texts are compared by the runs of four letters that they share, each worth the more the rarer it is.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Sequence

from catalogue.books import words

_RUN = 4


class FuzzyIndex:
    """Finds texts by what they look like."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._by_run: defaultdict[str, list[int]] = defaultdict(list)
        runs = [_runs(text) for text in texts]
        for position, found in enumerate(runs):
            for run in found:
                self._by_run[run].append(position)
        self._worth = {run: math.log(1 + len(texts) / len(where)) for run, where in self._by_run.items()}
        self._length = [math.sqrt(sum(self._worth[run] for run in found)) or 1.0 for found in runs]

    def search(self, text: str, limit: int) -> list[int]:
        """Positions of the texts most like this one, the likest first; none where nothing is shared."""
        shared: defaultdict[int, float] = defaultdict(float)
        for run in sorted(_runs(text) & self._by_run.keys()):
            for position in self._by_run[run]:
                shared[position] += self._worth[run]
        return heapq.nsmallest(
            limit, shared, key=lambda position: (-shared[position] / self._length[position], position)
        )


def _runs(text: str) -> set[str]:
    found = words(text)
    together = "".join(found)
    runs = {together[start : start + _RUN] for start in range(len(together) - _RUN + 1)}
    # A short word is too little in the crowd: it counts as itself.
    return runs | {f" {word}" for word in found if len(word) <= _RUN}
