"""The targets of the suite, and the table that it makes."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tests.conformance import table
from tests.conformance.cases import Case, all_cases
from tests.conformance.deployment import deployed
from tests.conformance.local import emulator
from tests.conformance.target import Target

LOCAL = "local"
_not_there = pytest.StashKey[list[Case]]()


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """What the cases are shown on."""
    name = request.config.getoption("--target")
    if name != LOCAL:
        yield deployed(name)
        return
    with emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="session")
def shortened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """An emulator whose ten minutes are a second, and whose two hours are three."""
    times = ("--idle-timeout", "1", "--max-duration", "3")
    with emulator(tmp_path_factory.mktemp("shortened"), *times) as running:
        yield running


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--target") == LOCAL:
        return
    away = {item for item in items if (found := _case_of(item)) is not None and found.local}
    config.stash[_not_there] = [found for item in items if item in away and (found := _case_of(item))]
    config.hook.pytest_deselected(items=list(away))
    items[:] = [item for item in items if item not in away]


def _case_of(item: pytest.Item) -> Case | None:
    mark = item.get_closest_marker("case")
    return mark.args[0] if mark else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if (found := _case_of(item)) is not None:
        report.user_properties.append(("case", found.number))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for found in config.stash.get(_not_there, []):
        terminalreporter.write_line(f"{found.number} is shown on the emulator alone: {found.local}")
    if not config.getoption("--fidelity-table"):
        return
    cases = all_cases()
    outcomes = _outcomes(terminalreporter)
    terminalreporter.section("fidelity")
    for line in table.text(cases, outcomes):
        terminalreporter.write_line(line)
    if config.getoption("--target") != LOCAL:
        return
    left = [it.number for it in cases if not it.uncovered and outcomes.get(it.number) != "passed"]
    if left:
        terminalreporter.write_line(
            f"docs/emulator/fidelity.md is left as it is: {', '.join(left)} did not pass"
        )
    else:
        document = table.DOCUMENT.read_text(encoding="utf-8")
        table.DOCUMENT.write_text(table.put(document, table.markdown(cases)), encoding="utf-8")


def _outcomes(reporter: pytest.TerminalReporter) -> dict[str, str]:
    """Number to `passed`, or `FAILED` where one test of the case did not pass."""
    outcomes: dict[str, str] = {}
    for kind in ("passed", "failed", "error", "skipped", "xfailed"):
        for report in reporter.stats.get(kind, []):
            number = dict(report.user_properties).get("case")
            if number and kind == "passed":
                outcomes.setdefault(number, "passed")
            elif number:
                outcomes[number] = "FAILED"
    return outcomes
