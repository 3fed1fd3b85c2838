"""The log's two forms."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from local_emulator.command_line.log import configure_logging
from local_emulator.functions import loglines

logger = logging.getLogger("local_emulator.functions")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger("local_emulator")
    before = (root.handlers[:], root.propagate, root.level)
    yield io.StringIO()
    root.handlers[:], root.propagate = before[0], before[1]
    root.setLevel(before[2])
    logging.getLogger(loglines.PLATFORM_LOGGER).setLevel(logging.NOTSET)


def test_text_shows_the_function_and_its_line(stream: io.StringIO) -> None:
    """One plain line without colours where the output is no terminal, markup left as it is."""
    configure_logging("text", quiet=False, stream=stream)

    logger.info("%s", "[bold]hello[/bold] %d", extra={"function": "Worker"})

    _, name, *message = stream.getvalue().split()
    assert name == "Worker"
    assert message == ["[bold]hello[/bold]", "%d"]


def test_text_shows_exceptions(stream: io.StringIO) -> None:
    """A fault of the emulator itself comes with its stack."""
    configure_logging("text", quiet=False, stream=stream)

    try:
        int("odd")
    except ValueError:
        logger.exception("it broke")

    assert "it broke" in stream.getvalue()
    assert "ValueError: invalid literal" in stream.getvalue()


def test_json_carries_every_field(stream: io.StringIO) -> None:
    """One object a line, with what the event carries."""
    configure_logging("json", quiet=False, stream=stream)

    logger.info("two\nlines", extra={"function": "Worker", "status": 200})

    (line,) = stream.getvalue().splitlines()
    event = json.loads(line)
    assert (event["message"], event["function"], event["status"]) == ("two\nlines", "Worker", 200)
    assert (event["level"], event["logger"]) == ("info", "local_emulator.functions")


def test_quiet_leaves_warnings(stream: io.StringIO) -> None:
    """Nothing routine is said."""
    configure_logging("text", quiet=True, stream=stream)

    logger.info("routine")
    logger.warning("attention")

    assert "routine" not in stream.getvalue()
    assert "attention" in stream.getvalue()


def test_text_has_one_line_for_an_invocation(stream: io.StringIO) -> None:
    """The platform's three are left to the JSON form; the same words of anybody else are shown."""
    for form, shown in (("text", 1), ("json", 2)):
        configure_logging(form, quiet=False, stream=stream)
        stream.truncate(0)
        stream.seek(0)

        loglines.log("Worker", "START RequestId: 1 Version: $LATEST")
        logger.info("START RequestId: 1 of something else")

        assert shown == len(stream.getvalue().splitlines())
