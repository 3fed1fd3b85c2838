"""Writes the two documents.

python -m tools.contracts            writes them anew
python -m tools.contracts --check    says how they differ from the code, and fails if they do
"""

from __future__ import annotations

import argparse
import difflib
import sys
import tomllib
from typing import Any

import yaml

from tools.contracts import ROOT, asyncapi, openapi

_HEAD = "# Made from the code by `make contracts`; change that instead.\n"


def documents() -> dict[str, str]:
    """The documents as they should be, by their path from the project's root."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return {
        "docs/openapi.yaml": _as_text(openapi.document(version)),
        "docs/asyncapi.yaml": _as_text(asyncapi.document(version)),
    }


def differences() -> list[str]:
    """Lines of a diff from what is there to what should be; none where all is current."""
    lines: list[str] = []
    for name, wanted in documents().items():
        path = ROOT / name
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        lines += difflib.unified_diff(
            there.splitlines(), wanted.splitlines(), f"{name} (there)", f"{name} (from the code)", lineterm=""
        )
    return lines


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.contracts", description="Write the documents of both APIs."
    )
    parser.add_argument(
        "--check", action="store_true", help="only say whether they are current; exit status 1 if not"
    )
    if parser.parse_args().check:
        found = differences()
        print(*found, sep="\n", end="\n" if found else "")
        if found:
            print("The documents are not current: make contracts", file=sys.stderr)
        return 1 if found else 0
    for name, text in documents().items():
        (ROOT / name).write_text(text, encoding="utf-8")
    return 0


class _Dumper(yaml.SafeDumper):
    """Without anchors, and with long texts as blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _string)


def _as_text(document: dict[str, Any]) -> str:
    return _HEAD + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


if __name__ == "__main__":
    sys.exit(main())
