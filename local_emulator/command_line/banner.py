"""What is said once all is up: what is served, and where."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.text import Text

from local_emulator.emulator import Emulator
from local_emulator.model import Application, HttpApi, RestApi


def print_banner(emulator: Emulator, template: Path, seconds: float, stream: TextIO = sys.stdout) -> None:
    """Says so, with what is to be noted of the template."""
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
