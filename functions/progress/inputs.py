"""What a job is given, in rows that are named by the hash of what they hold:

    JOB#id | INPUT#<hash>#0007#00    the items of a chunk, in as many rows as their size asks for
    JOB#id | REJECTED#<hash>#0000    what the request held that became no item, and why

So no other request can touch them, and the same one writes the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from progress.job import CHUNK_SIZE
from progress.table import Table, job_key

_PART_BYTES = 256 * 1024
"""Of items in one row; DynamoDB's limit for a row is 400 KB."""


class Inputs:
    """The inputs of one table's jobs."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def store(
        self,
        job_id: str,
        input_hash: str,
        items: Sequence[Mapping[str, Any]],
        rejected: Sequence[Mapping[str, Any]],
        *,
        expires: int,
    ) -> None:
        """Writes them, in no order; `expires` is in seconds since the epoch."""
        texts = {
            _chunk_key(input_hash, start // CHUNK_SIZE) + f"{number:02}": part
            for start in range(0, len(items), CHUNK_SIZE)
            for number, part in enumerate(_parts(items[start : start + CHUNK_SIZE]))
        }
        texts |= {
            _rejected_key(input_hash) + f"{number:04}": part for number, part in enumerate(_parts(rejected))
        }
        self._table.put_all(
            {"pk": job_key(job_id), "sk": key, "items": text, "ttl": expires} for key, text in texts.items()
        )

    def chunk(self, job_id: str, input_hash: str, chunk: int) -> Iterator[dict[str, Any]]:
        """The items of a chunk, in their order."""
        return self._read(job_id, _chunk_key(input_hash, chunk))

    def rejected(self, job_id: str, input_hash: str) -> Iterator[dict[str, Any]]:
        """What became no item, in its order."""
        return self._read(job_id, _rejected_key(input_hash))

    def _read(self, job_id: str, prefix: str) -> Iterator[dict[str, Any]]:
        for row in self._table.query(job_key(job_id), prefix):
            yield from json.loads(row["items"])


def _parts(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """JSON lists of the items, none too large for a row."""
    part: list[str] = []
    size = 0
    for item in items:
        text = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
        length = len(text.encode()) + 1
        if part and size + length > _PART_BYTES:
            yield f"[{','.join(part)}]"
            part, size = [], 0
        part.append(text)
        size += length
    if part:
        yield f"[{','.join(part)}]"


def _chunk_key(input_hash: str, chunk: int) -> str:
    return f"INPUT#{input_hash[:16]}#{chunk:04}#"


def _rejected_key(input_hash: str) -> str:
    return f"REJECTED#{input_hash[:16]}#"
