"""Kinds of jobs over books, as their records and queues name them."""

from __future__ import annotations

ENRICHMENT = "enrichment"
IMPORT = "import"
SCAN = "scan"
