"""What a person sees: the banner at the start, and a line for everything that happens after it."""

from __future__ import annotations

import json
import logging
import sys
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.text import Text

from local_emulator.emulator import Emulator
from local_emulator.functions import loglines
from local_emulator.model import Application, HttpApi, RestApi

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


def print_banner(emulator: Emulator, template: Path, seconds: float, stream: TextIO = sys.stdout) -> None:
    """Says what is served, and where."""
    console = Console(file=stream, highlight=False, soft_wrap=True)
    console.print(Text.assemble(("local_emulator", "bold"), f"  {template}"))
    for heading, lines in _sections(emulator):
        if lines:
            console.print(Text(f"\n{heading}", style="bold"))
            width = max(len(left) for left, _ in lines)
            for left, right in lines:
                console.print(Text.assemble("  ", (f"{left:<{width}}", "cyan"), f"  {right}"))
    for warning in emulator.application.warnings:
        console.print(Text(f"\nNote: {warning}", style="yellow"))
    console.print(Text(f"\nReady after {seconds:.1f} s. Ctrl-C stops it.", style="bold green"))
    stream.flush()


def _sections(emulator: Emulator) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    application = emulator.application
    base = emulator.url.removeprefix("http")
    web_apis: tuple[HttpApi | RestApi, ...] = (*application.http_apis, *application.rest_apis)
    for http_api in web_apis:
        stage = "" if http_api.stage.name == "$default" else f"/{http_api.stage.name}"
        routes = [(route.route_key, route.target) for route in http_api.routes]
        yield f"{http_api.logical_id}  http{base}{http_api.prefix}{stage}", routes
    for api in application.websocket_apis:
        yield (
            f"{api.logical_id}  ws{base}{api.prefix}/{api.stage.name}",
            [(route.route_key, route.target) for route in api.routes.values()],
        )
    keys = {key: f"{it.logical_id} {it.stage.name}" for it in application.apis for key in it.stage.api_keys}
    yield "API keys (x-api-key)", list(keys.items())
    yield "Extra paths", [(path, api) for path, api in application.paths.items()]
    yield "Queues that invoke", [(source.queue, source.function) for source in application.sqs_event_sources]
    yield (
        "Streams that invoke",
        [(source.table, source.function) for source in application.stream_event_sources],
    )
    yield "Schedules", [(schedule.logical_id, schedule.expression) for schedule in application.schedules]
    yield "Console", [("in a browser", f"{emulator.url}/_console")]
    yield "Services", [("AWS_ENDPOINT_URL", f"{emulator.store_url}  {_stores(application)}")]
    yield "Outputs", list(application.outputs.items())


def _stores(application: Application) -> str:
    kinds = {resource.type.split("::")[1] for resource in application.store_resources}
    return f"({', '.join(sorted(kinds))})" if kinds else ""
