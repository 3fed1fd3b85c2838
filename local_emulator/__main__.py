"""The command line: `python -m local_emulator`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import platformdirs

from local_emulator.console import configure_logging, print_banner
from local_emulator.emulator import Emulator, StartError
from local_emulator.store.process import StoreError
from local_emulator.store.provision import ProvisionError
from local_emulator.template import TemplateError

_EXAMPLES = """\
examples:
  python -m local_emulator
  python -m local_emulator --template app/template.yaml --port 8080 --parameter-overrides StageName=dev Debug=true
  python -m local_emulator --env-vars env.json --log json
  python -m local_emulator --idle-timeout 5 --max-duration 60     (API Gateway: 600 and 7200)
  AWS_ENDPOINT_URL_DYNAMODB=http://localhost:8000 python -m local_emulator     (a DynamoDB of your own)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until SIGINT or SIGTERM. 0 after a clean stop, 1 when it cannot start, 2 for wrong arguments."""
    options = _parser().parse_args(arguments)
    configure_logging(options.log, quiet=options.quiet)
    try:
        _run(_serve(options))
    except (TemplateError, StartError, StoreError, ProvisionError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _run(main: Any) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


async def _serve(options: argparse.Namespace) -> None:
    stopped = asyncio.Event()

    def stop() -> None:
        if stopped.is_set():
            # Asked twice: children end with their parent.
            os._exit(130)
        stopped.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    started = time.perf_counter()
    emulator = Emulator(
        template=options.template,
        host=options.host,
        port=options.port,
        parameter_overrides=dict(options.parameter_overrides),
        env_vars=_env_vars(options.env_vars),
        idle_timeout=options.idle_timeout,
        max_duration=options.max_duration,
        certificates_folder=platformdirs.user_data_path("local_emulator"),
    )
    async with emulator:
        if not options.quiet:
            print_banner(emulator, options.template, time.perf_counter() - started)
        if options.ready_file is not None:
            _announce(options.ready_file, emulator)
        await stopped.wait()


def _announce(ready_file: Path, emulator: Emulator) -> None:
    """Tells a program that waits for it; the file appears whole."""
    ready = {
        "url": emulator.url,
        "port": emulator.port,
        "pid": os.getpid(),
        "store_url": emulator.store_url,
        "environment": emulator.environment,
        "outputs": dict(emulator.application.outputs),
    }
    partial = ready_file.with_name(f"{ready_file.name}.{os.getpid()}")
    partial.write_text(json.dumps(ready, indent=2))
    partial.replace(ready_file)


def _env_vars(path: Path | None) -> dict[str, dict[str, str]]:
    if path is None:
        return {}
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StartError(f"--env-vars {path}: {error}") from error
    if not isinstance(given, dict) or not all(isinstance(variables, dict) for variables in given.values()):
        raise StartError(f'--env-vars {path}: {{"FunctionLogicalId": {{"NAME": "value"}}}} is wanted')
    return {
        function: {name: str(value) for name, value in variables.items()}
        for function, variables in given.items()
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_emulator",
        description="Runs a SAM template here: WebSocket, HTTP and REST APIs, Lambda functions and what invokes them.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--template", "-t", type=Path, default=Path("template.yaml"), help="default: template.yaml")
    add("--host", default="localhost", help="address to listen at (default: localhost)")
    add(
        "--port",
        "-p",
        type=_port,
        default=3000,
        help="one port for all APIs, 0 for a free one (default: 3000)",
    )
    add(
        "--parameter-overrides",
        nargs="+",
        type=_override,
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="values for the template's parameters",
    )
    add(
        "--env-vars",
        type=Path,
        metavar="FILE",
        help='JSON, as SAM CLI takes it: {"FunctionLogicalId": {"NAME": "value"}, "Parameters": {for all functions}}',
    )
    add(
        "--idle-timeout",
        type=_seconds,
        default=600.0,
        metavar="SECONDS",
        help="close a connection after so long a silence (default: 600)",
    )
    add(
        "--max-duration",
        type=_seconds,
        default=7200.0,
        metavar="SECONDS",
        help="close a connection after so long, however busy (default: 7200)",
    )
    add("--log", choices=("text", "json"), default="text", help="form of the log on stderr (default: text)")
    add("--quiet", "-q", action="store_true", help="no banner, and only warnings in the log")
    add(
        "--ready-file",
        type=Path,
        metavar="FILE",
        help="write addresses and outputs there, as JSON, once it serves",
    )
    return parser


def _port(text: str) -> int:
    if text.isdigit() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no port: 0 to 65535")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if seconds <= 0:
        raise argparse.ArgumentTypeError(f"{text} is no time: seconds, more than 0")
    return seconds


def _override(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not (name and separator):
        raise argparse.ArgumentTypeError(f"{text}: NAME=VALUE is wanted")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
