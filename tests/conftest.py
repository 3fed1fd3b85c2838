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
    parser.addoption(
        "--fuzz",
        action="store_true",
        help="all of the thousands of random requests and frames of tests/contracts, instead of some hundreds",
    )


@pytest.fixture(scope="session")
def fuzz_cases(pytestconfig: pytest.Config) -> int:
    """How many random requests to make."""
    return 2_800 if pytestconfig.getoption("--fuzz") else 280


@pytest.fixture(scope="session")
def fuzz_frames(pytestconfig: pytest.Config) -> int:
    """How many random frames to send."""
    return 10_000 if pytestconfig.getoption("--fuzz") else 1_000
