"""Translations kept between starts: AWS's translator takes longer to import than everything else together."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from local_emulator.model import REGION

_KEPT = 32
"""Files; the ones used last."""


class Remembered:
    """Translated templates in a folder, by what went in: template, parameters, region, the translator's version."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, document: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any] | None:
        """The translation of this very template with these parameters, None where it is not known."""
        file = self._file(document, parameters)
        if file is None:
            return None
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            file.touch()
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def put(
        self, document: Mapping[str, Any], parameters: Mapping[str, Any], translated: Mapping[str, Any]
    ) -> None:
        """Remembers a translation, if it is one that JSON holds without a change. A full disk is no reason to fail."""
        file = self._file(document, parameters)
        text = _json(translated)
        if file is None or text is None:
            return
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = file.with_suffix(f".{os.getpid()}")
            partial.write_text(text, encoding="utf-8")
            partial.replace(file)
            self._forget_the_oldest()

    def _file(self, document: Mapping[str, Any], parameters: Mapping[str, Any]) -> Path | None:
        text = _json([document, dict(parameters), REGION, version("aws-sam-translator")])
        if text is None:
            return None
        return self._folder / f"{hashlib.sha256(text.encode()).hexdigest()}.json"

    def _forget_the_oldest(self) -> None:
        files = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in files[_KEPT:]:
            file.unlink()


def _json(value: Any) -> str | None:
    """As JSON; None where it would not come back as it is, such as a mapping with numbers as keys."""
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        return None
    return text if json.loads(text) == value else None
