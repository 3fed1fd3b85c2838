"""The log: a line for everything that happens."""

from __future__ import annotations

import json
import logging
import sys
import time
import zlib
from datetime import UTC, datetime
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
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure_logging(form: str, *, quiet: bool, stream: TextIO = sys.stderr) -> None:
    """Sends the emulator's log to `stream`, as text (coloured on a terminal) or as JSON, one object a line.

    `quiet` leaves warnings and errors only.
    """
    handler: logging.Handler
    if form == "json":
        handler = logging.StreamHandler(stream)
        handler.setFormatter(JsonFormatter())
    else:
        handler = TextHandler(stream)
    logger = logging.getLogger("local_emulator")
    logger.handlers[:] = [handler]
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


class TextHandler(logging.Handler):
    """The time, who speaks, and what it says."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._plain = stream if not self._console.is_terminal else None

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one line, or several where the message has several."""
        try:
            if self._plain is None:
                self._console.print(_line(record))
            else:
                self._plain.write(f"{_plain_line(record)}\n")
                self._plain.flush()
        except Exception:  # noqa: BLE001 a log that cannot be written must not stop what it tells of
            self.handleError(record)


def _plain_line(record: logging.LogRecord) -> str:
    """Without colours it needs nothing of Rich, whose texts cost more than a busy log can spare."""
    return f"{_time(record)}  {_speaker(record):<24}  {record.getMessage()}{_stack(record)}"


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
    return f"{time.strftime('%H:%M:%S', time.localtime(record.created))}.{int(record.msecs):03d}"


def _speaker(record: logging.LogRecord) -> str:
    """The function, or the part of the emulator."""
    function = getattr(record, "function", None)
    return str(function or record.name.removeprefix("local_emulator.").partition(".")[0])


def _colour(name: str) -> str:
    return _NAME_COLOURS[zlib.crc32(name.encode()) % len(_NAME_COLOURS)]
