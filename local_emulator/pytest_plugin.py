"""The `emulator` fixture: a template of yours, running on free ports while the tests run.

The template is named by `--emulator-template`, by `emulator_template` in pytest's configuration, or for a test, a
class or a module by the marker, which takes every one of `Settings` too:

    @pytest.mark.emulator(template="template.yaml", env_vars={"Worker": {"LIMIT": "2"}}, idle_timeout=2)

Tests that ask for the same share one emulator, with its tables and queues and what is in them; between them faults,
clients and connections are cleared. `fresh=True` gives a test one of its own. A test fails at its end when the emulator
itself logged an error meanwhile, and the last one when something is left behind that should have ended.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from local_emulator.testing import TestEmulator

_MARKER = "emulator(template=…, fresh=False, **options): what the emulator fixture runs, and how"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--emulator-template` and `emulator_template`."""
    described = "the template that the emulator fixture runs (default: template.yaml in the root folder)"
    parser.getgroup("local_emulator").addoption("--emulator-template", metavar="PATH", help=described)
    parser.addini("emulator_template", described, default="template.yaml")


def pytest_configure(config: pytest.Config) -> None:
    """The marker is known."""
    config.addinivalue_line("markers", _MARKER)


class Emulators:
    """Those that run, by what they were asked for with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, TestEmulator] = {}

    def get(self, template: Path, options: dict[str, Any]) -> TestEmulator:
        """The one for this, started where there is none."""
        key = repr((template, sorted(options.items())))
        if key not in self._running:
            self._running[key] = self.start(template, options)
        return self._running[key]

    def start(self, template: Path, options: dict[str, Any]) -> TestEmulator:
        """One of its own."""
        # Only now: a run without the fixture does not wait for it.
        from local_emulator.testing import TestEmulator

        return TestEmulator(template, data_folder=self._folder, **options).start()

    def stop(self) -> list[str]:
        """Stops all and says what they left behind."""
        return [leak for emulator in self._running.values() for leak in emulator.stop()]


class _Errors(logging.Handler):
    """What the emulator logs as errors of its own."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(scope="session")
def _emulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulators]:
    emulators = Emulators(tmp_path_factory.mktemp("local_emulator"))
    yield emulators
    _fail_on(emulators.stop())


@pytest.fixture
def emulator(request: pytest.FixtureRequest, _emulators: Emulators) -> Iterator[TestEmulator]:
    """The running emulator; see `local_emulator.testing.TestEmulator` for what it can do."""
    options = _options(request)
    fresh = bool(options.pop("fresh", False))
    template = options.pop("template")
    logging.getLogger("local_emulator").setLevel(logging.INFO)
    running = _emulators.start(template, options) if fresh else _emulators.get(template, options)
    errors = _Errors()
    logging.getLogger("local_emulator").addHandler(errors)
    try:
        yield running
    finally:
        running.release()
        left = running.stop() if fresh else []
        logging.getLogger("local_emulator").removeHandler(errors)
    _fail_on([*left, *errors.messages])


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    config = request.config
    named = config.getoption("--emulator-template")
    template = Path(named) if named else config.rootpath / config.getini("emulator_template")
    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("emulator"))):
        options |= marker.kwargs
    if "template" in options:
        template = request.path.parent / options["template"]
    return {**options, "template": template.resolve()}


def _fail_on(faults: list[str]) -> None:
    if faults:
        pytest.fail("the emulator: " + "; ".join(faults), pytrace=False)
