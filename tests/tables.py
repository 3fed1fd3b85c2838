"""Tables for Hypothesis: well-formed ones whose rows are known, and texts that only look like tables."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from hypothesis import strategies as st

HEADER = "Title,Author,ISBN,My Rating,Date Read,Notes"

_letters = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff")
_text = st.text(st.one_of(_letters, st.sampled_from('",;\t\n|=')), max_size=30)
_cell = st.one_of(
    _text, st.sampled_from(["", '="0439023483"', "9780439023481", "12", "5", "2024/03/01", "1/2/2024"])
)
_title = _text.filter(lambda text: any(map(str.isalnum, text)))


@dataclass(frozen=True)
class Written:
    """A file, and how many rows were written into it."""

    data: bytes
    rows: int


@st.composite
def written(draw: st.DrawFn) -> Written:
    """Files as the csv module writes them, each row with more than separators in it."""
    width = draw(st.integers(0, 5))
    rows = draw(st.lists(st.tuples(_title, *[_cell] * width), max_size=12))
    text = io.StringIO(newline="")
    csv.writer(
        text,
        delimiter=draw(st.sampled_from(",;\t|")),
        lineterminator=draw(st.sampled_from(["\n", "\r\n"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    ).writerows([HEADER.split(",")[: width + 1], *rows])
    return Written(text.getvalue().encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))), len(rows))


_shreds = st.sampled_from(
    [
        *"\",;\t\n\r|'=# a1\u20ac",
        "\r\n",
        '""',
        '"\n',
        "\n\n",
        HEADER,
        "sep=;",
        "Title",
        "ISBN",
        "x" * 200,
        "\x01",
        "\0",
    ]
)
texts = st.lists(_shreds, max_size=60).map("".join)
"""What a broken program, or a hostile one, could send."""

files = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    texts.map(str.encode),
    texts.map(lambda text: f"{HEADER}\n{text}".encode()),
    st.tuples(texts, st.binary(max_size=40)).map(lambda parts: f"{HEADER}\n{parts[0]}".encode() + parts[1]),
)
"""The same, and any bytes."""
