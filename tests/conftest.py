"""The options of all tests."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance")
    group.addoption(
        "--target",
        default="local",
        metavar="local|STACK|URL",
        help="what tests/conformance speaks to: the emulator (default), or a deployment of its template, named by "
        "its stack or by its HttpUrl, with the usual AWS credentials",
    )
    group.addoption(
        "--fidelity-table",
        action="store_true",
        help="print the fidelity table of tests/conformance, and write it into docs/emulator/fidelity.md when all "
        "cases pass",
    )
