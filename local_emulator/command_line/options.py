"""What the command line says, over what samconfig.toml says, over the defaults."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from local_emulator.command_line import samconfig
from local_emulator.command_line.samconfig import ConfigError

_EXAMPLES = """\
examples:
  python -m local_emulator
  python -m local_emulator --template app/template.yaml --port 8080 --parameter-overrides StageName=dev Debug=true
  python -m local_emulator invoke Worker -e events/job.json
  echo '{}' | python -m local_emulator invoke Worker -e - | jq .statusCode
  python -m local_emulator --debug --debug-function Worker     (waits at port 5678 for a debugger)
  python -m local_emulator --faults faults.yaml                (docs/emulator/faults.md)
  python -m local_emulator --env-vars env.json --log json
  python -m local_emulator --idle-timeout 5 --max-duration 60  (API Gateway: 600 and 7200)
  AWS_ENDPOINT_URL_DYNAMODB=http://localhost:8000 python -m local_emulator     (a DynamoDB of your own)

samconfig.toml beside the template is read as SAM CLI reads it: template_file, parameter_overrides, region, host, port,
env_vars and debug_port of [default.global.parameters], [default.deploy.parameters] (parameter_overrides and region
only) and [default.local_start_api.parameters] (of local_invoke for `invoke`). The command line wins.
"""
_INVOKE_EXAMPLES = """\
examples:
  python -m local_emulator invoke Worker
  python -m local_emulator invoke Worker -e events/job.json --env-vars env.json
  python -m local_emulator invoke Worker -e - < event.json > answer.json

The answer goes to standard output, the log to standard error. Exit status: 0; 1 if the function failed or could not be
started; 2 for wrong arguments.
"""
_RUN, _INVOKE = "local_start_api", "local_invoke"
"""The commands of SAM CLI whose configuration is taken."""
_DEBUG_PORT = 5678
"""What debuggers for Python expect."""
_NAMES = {"template_file": "template", "debug_port": "debug"}
_PATHS = ("template", "env_vars")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; `command` is `run` or `invoke`.

    Ends the process with status 2 and a message where they are wrong.

    Raises:
        ConfigError: the configuration file cannot be used.
    """
    invoking = bool(arguments) and arguments[0] == "invoke"
    parser = _invoke_parser() if invoking else _run_parser()
    given = arguments[1:] if invoking else arguments
    # Twice: what the file says becomes the defaults, and the command line says which file.
    first = parser.parse_args(given)
    parser.set_defaults(**_configured(first, parser, _INVOKE if invoking else _RUN))
    options = parser.parse_args(given)
    if options.debug_function and options.debug is None:
        options.debug = _DEBUG_PORT
    return options


def env_vars(path: Path | None) -> dict[str, dict[str, str]]:
    """`--env-vars`: variables by function, and under `Parameters` those for every function.

    Raises:
        ConfigError: the file is not that.
    """
    if path is None:
        return {}
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"--env-vars {path}: {error}") from error
    if not isinstance(given, dict) or not all(isinstance(variables, dict) for variables in given.values()):
        raise ConfigError(f'--env-vars {path}: {{"FunctionLogicalId": {{"NAME": "value"}}}} is wanted')
    return {
        function: {name: str(value) for name, value in variables.items()}
        for function, variables in given.items()
    }


def _configured(options: argparse.Namespace, parser: argparse.ArgumentParser, command: str) -> dict[str, Any]:
    beside = options.template.parent if options.template != parser.get_default("template") else Path()
    path = options.config_file or beside / "samconfig.toml"
    asked_for = options.config_file is not None or options.config_env != "default"
    found: dict[str, Any] = {}
    for name, value in samconfig.read(path, options.config_env, command, must_exist=asked_for).items():
        ours = _NAMES.get(name, name)
        if ours == "parameter_overrides":
            # The command line's replace all of them, as with SAM CLI.
            found[ours] = list(value.items()) if not options.parameter_overrides else []
        elif ours in _PATHS:
            found[ours] = Path(str(value))
        elif ours in ("region", "host"):
            found[ours] = str(value)
        elif ours in ("port", "debug") and hasattr(options, ours):
            found[ours] = _configured_port(path, name, value)
    return found


def _configured_port(path: Path, name: str, value: Any) -> int:
    try:
        return _port(str(value))
    except argparse.ArgumentTypeError as error:
        raise ConfigError(f"{path}: {name}: {error}") from error


def _template(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("the template").add_argument
    add("--template", "-t", type=Path, default=Path("template.yaml"), help="default: template.yaml")
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
    add("--region", default="us-east-1", help="the region that everything is in (default: us-east-1)")
    add("--config-file", type=Path, metavar="FILE", help="default: samconfig.toml beside the template")
    add("--config-env", default="default", metavar="NAME", help="environment in it (default: default)")


def _debugging(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("debugging").add_argument
    add(
        "--debug",
        "-d",
        nargs="?",
        const=_DEBUG_PORT,
        type=_port,
        metavar="PORT",
        help="functions listen for a debugger, the first at PORT (default: 5678), the next at the next; no time-outs",
    )
    add(
        "--debug-function",
        action="append",
        default=[],
        metavar="NAME",
        help="with --debug: only this function (may be repeated), which waits until the debugger has attached",
    )


def _output(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    group = parser.add_argument_group("what is said")
    add = group.add_argument
    add("--log", choices=("text", "json"), default="text", help="form of the log on stderr (default: text)")
    add("--quiet", "-q", action="store_true", help="no banner, and only warnings in the log")
    return group


def _invoke_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_emulator invoke",
        description="Invokes one function of a SAM template here, with everything it needs, and ends.",
        epilog=_INVOKE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("function", metavar="NAME", help="the function's logical id")
    parser.add_argument("--event", "-e", metavar="FILE", help="JSON; - for standard input (default: {})")
    _template(parser)
    _debugging(parser)
    _output(parser)
    parser.set_defaults(command="invoke", host="localhost", port=0)
    return parser


def _run_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_emulator",
        usage="%(prog)s [options]\n       %(prog)s invoke NAME [-e FILE] [options]",
        description="Runs a SAM template here: WebSocket, HTTP and REST APIs, Lambda functions and what invokes them.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _template(parser)
    _serving(parser)
    _going_wrong(parser)
    _debugging(parser)
    output = _output(parser)
    output.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="write every HTTP request and answer and every WebSocket frame there, a JSON object a line",
    )
    output.add_argument(
        "--ready-file",
        type=Path,
        metavar="FILE",
        help="write addresses and outputs there, as JSON, once it serves",
    )
    parser.set_defaults(command="run")
    return parser


def _serving(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("serving").add_argument
    add("--host", default="localhost", help="address to listen at (default: localhost)")
    add("--port", "-p", type=_port, default=3000, help="one for all APIs, 0 for a free one (default: 3000)")
    add(
        "--no-reload",
        dest="reload",
        action="store_false",
        help="do not take up changes of code and template while it runs",
    )
    _seconds_option(
        add, "--environment-idle", 300, "end a function's process after so long without an invocation"
    )


def _going_wrong(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("letting things end and go wrong").add_argument
    _seconds_option(add, "--idle-timeout", 600, "close a connection after so long a silence")
    _seconds_option(add, "--max-duration", 7200, "close a connection after so long, however busy")
    add(
        "--faults",
        type=Path,
        metavar="FILE",
        help="what shall go wrong: YAML or JSON, see docs/emulator/faults.md",
    )


def _seconds_option(add: Callable[..., Any], name: str, default: int, words: str) -> None:
    add(
        name,
        type=_seconds,
        default=float(default),
        metavar="SECONDS",
        help=f"{words} (default: {default})",
    )


def _port(text: str) -> int:
    if text.isdigit() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no port: 0 to 65535")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if seconds <= 0 or not math.isfinite(seconds):
        raise argparse.ArgumentTypeError(f"{text} is no time: seconds, more than 0")
    return seconds


def _override(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not (name and separator):
        raise argparse.ArgumentTypeError(f"{text}: NAME=VALUE is wanted")
    return name, value
