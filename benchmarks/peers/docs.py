"""Puts figures into docs/benchmarks.md, between markers, and says of which machine they are."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def write(section: str, text: str, page: Path = PAGE) -> None:
    """Replaces what stands between `<!-- section -->` and `<!-- end of section -->`.

    Raises:
        ValueError: the page lacks these markers.
    """
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"{page} lacks the markers {begin} and {end}")
    page.write_text(f"{before}{begin}\n{text}{end}{after}", encoding="utf-8")


def spread(values: Sequence[float], digits: int) -> str:
    """Their median, with the least and the greatest of them where these differ as they are shown."""
    middle, least, greatest = (
        f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values))
    )
    return middle if least == greatest else f"{middle} ({least}–{greatest})"


def machine() -> str:
    """Its kind: processors, system, Python."""
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} processors, {system}, Python {platform.python_version()}"
