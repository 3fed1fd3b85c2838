"""The log: a line for everything that happens."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
import time
import zlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import TextIO

from rich.console import Console
from rich.text import Text

from local_emulator.functions import loglines

_NAME_COLOURS = ("cyan", "green", "magenta", "blue", "bright_cyan", "bright_green", "bright_magenta")
_ARROWS = {
    "←": "bold yellow",
    "→": "bold green",
    "✓": "green",
    "✗": "red",
    "⚡": "bold red",
    "↻": "bold blue",
}
_BATCH_SECONDS = 0.02
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure_logging(form: str, *, quiet: bool, stream: TextIO = sys.stderr) -> None:
    """Sends the emulator's log to `stream`, as text (coloured on a terminal) or as JSON, one object a line.

    `quiet` leaves warnings and errors only.
    """
    logger = logging.getLogger("local_emulator")
    logger.handlers[:] = [BatchHandler(_writer(form, stream))]
    logger.propagate = False
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    # As text, one line tells of an invocation.
    platform = logging.getLogger(loglines.PLATFORM_LOGGER)
    platform.setLevel(logging.NOTSET if form == "json" else logging.WARNING)
    # What no line shows need not be found out for each of them ("Optimization" in the logging HOWTO).
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


class JsonFormatter(logging.Formatter):
    """Time, level, logger and message, and whatever else the event carries."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object."""
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _STANDARD},
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=str, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """The time, who speaks, and what it says; without colours, and so without Rich, which costs much more."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, or several where the message has several."""
        return f"{_time(record)}  {_speaker(record):<24}  {record.getMessage()}{_stack(record)}"


class BatchHandler(logging.Handler):
    """Writes on an event loop some milliseconds later, and then all that has come: a busy log must not hold up what it
    tells of. Elsewhere, and for a warning, it writes at once."""

    def __init__(self, write: Callable[[Iterable[logging.LogRecord]], None]) -> None:
        super().__init__()
        self._write = write
        self._records: list[logging.LogRecord] = []
        self._awaited: asyncio.AbstractEventLoop | None = None
        """The loop that will write what waits."""

    def emit(self, record: logging.LogRecord) -> None:
        """Takes one record."""
        self._records.append(record)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        if loop is None or record.levelno >= logging.WARNING:
            self.flush()
        elif self._awaited is not loop:
            self._awaited = loop
            loop.call_later(_BATCH_SECONDS, self._write_batch)

    def flush(self) -> None:
        """Writes what waits."""
        with self.lock or contextlib.nullcontext():
            records, self._records = self._records, []
            try:
                self._write(records)
            except Exception:  # noqa: BLE001 a log that cannot be written must not stop what it tells of
                for record in records:
                    self.handleError(record)

    def _write_batch(self) -> None:
        self._awaited = None
        self.flush()


def _writer(form: str, stream: TextIO) -> Callable[[Iterable[logging.LogRecord]], None]:
    console = Console(file=stream, highlight=False, soft_wrap=True)
    formatter = JsonFormatter() if form == "json" else TextFormatter()

    def write(records: Iterable[logging.LogRecord]) -> None:
        stream.write("".join([f"{formatter.format(record)}\n" for record in records]))
        stream.flush()

    def write_coloured(records: Iterable[logging.LogRecord]) -> None:
        for record in records:
            console.print(_line(record))

    return write_coloured if form == "text" and console.is_terminal else write


def _line(record: logging.LogRecord) -> Text:
    name = _speaker(record)
    message = record.getMessage()
    text = Text(f"{_time(record)}  ", style="dim")
    text.append(f"{name:<24}  ", style=_colour(name))
    style = ""
    if record.levelno >= logging.ERROR:
        style = "red"
    elif record.levelno >= logging.WARNING:
        style = "yellow"
    elif message.startswith("λ"):
        style = "dim"
    text.append(message, style=style)
    arrow = _ARROWS.get(message[:1])
    if arrow is not None and not style:
        text.stylize(arrow, len(text) - len(message), len(text) - len(message) + 1)
    return text.append(_stack(record), style="red")


def _stack(record: logging.LogRecord) -> str:
    return "\n" + logging.Formatter().formatException(record.exc_info) if record.exc_info else ""


def _time(record: logging.LogRecord) -> str:
    return f"{_second(int(record.created))}.{int(record.msecs):03d}"


@lru_cache(maxsize=1)
def _second(created: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(created))


def _speaker(record: logging.LogRecord) -> str:
    """The function, or the part of the emulator."""
    function = getattr(record, "function", None)
    return str(function or record.name.removeprefix("local_emulator.").partition(".")[0])


def _colour(name: str) -> str:
    return _NAME_COLOURS[zlib.crc32(name.encode()) % len(_NAME_COLOURS)]
