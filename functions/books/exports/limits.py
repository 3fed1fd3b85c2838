"""How large a file of books may be."""

from __future__ import annotations

MAX_BYTES = 5 * 1024 * 1024
"""Of a whole file: some 20,000 books without reviews."""

MAX_ROWS = 10_000
"""Usable or not. Lines that are blank are no rows."""

MAX_COLUMNS = 200
"""In the header; the widest known export has 49."""

MAX_FIELD = 32 * 1024
"""Characters in one cell, as many as a spreadsheet allows."""

MAX_ROW_BYTES = 128 * 1024
"""Of UTF-8 in all cells of a row, as JSON: its result must fit into a row of DynamoDB (400 KB) beside the metadata."""

MAX_NAME = 500
"""Characters of a title or an author to look up: a longer one is none, and no provider would search for it."""
