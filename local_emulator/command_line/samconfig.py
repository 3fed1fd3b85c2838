"""SAM CLI's own configuration file, for those of its parameters that mean something here.

`samconfig.toml` has a table for each environment, in it one for each command (underscores for spaces and hyphens), in
it `parameters`; `global` is for every command. What local commands share with a deployment is taken from both: the
parameters of `deploy` first, then those of the local command, which win.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_emulator.errors import EmulatorError

_DEPLOYMENTS = ("parameter_overrides", "region")
"""What of a deployment's parameters holds here too; its template, for one, is a packaged one."""
_OLD_FORM = re.compile(r"ParameterKey=(?P<name>[^,]+),ParameterValue=(?P<value>.*)", re.DOTALL)


class ConfigError(EmulatorError):
    """A configuration file that cannot be used, and why."""


def read(path: Path, environment: str, command: str, *, must_exist: bool) -> dict[str, Any]:
    """The parameters for `command` (such as `local_start_api`), by SAM CLI's names; none where there is no file.

    `parameter_overrides` comes as a mapping, whichever way it is written.

    Raises:
        ConfigError: it cannot be read, or has no such environment though one was asked for.
    """
    if not path.exists() and not must_exist:
        return {}
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    if environment not in document and must_exist:
        there = ", ".join(name for name in document if name != "version") or "none"
        raise ConfigError(f"{path} has no environment {environment}; it has: {there}")
    commands = document.get(environment, {})
    found: dict[str, Any] = {}
    for name in ("global", "deploy", command):
        given = _parameters(commands, name, path)
        wanted = _DEPLOYMENTS if name == "deploy" else given
        found |= {key: value for key, value in given.items() if key in wanted}
    if "parameter_overrides" in found:
        found["parameter_overrides"] = overrides(found["parameter_overrides"], path)
    return found


def overrides(given: Any, path: Path) -> dict[str, str]:
    """Parameter overrides: a table, a list, or one text of `Name=Value` or `ParameterKey=Name,ParameterValue=Value`.

    Raises:
        ConfigError: they are written in another way.
    """
    if isinstance(given, Mapping):
        return {str(name): _text(value) for name, value in given.items()}
    try:
        items = given if isinstance(given, list) else shlex.split(str(given))
    except ValueError as error:
        raise ConfigError(f"{path}: parameter_overrides {given!r}: {error}") from error
    found = {}
    for item in items:
        old = _OLD_FORM.fullmatch(str(item))
        name, separator, value = (old["name"], "=", old["value"]) if old else str(item).partition("=")
        if not (name and separator):
            raise ConfigError(f"{path}: parameter_overrides has {item!r}; Name=Value is wanted")
        found[name] = value
    return found


def _parameters(commands: Any, name: str, path: Path) -> dict[str, Any]:
    section = commands.get(name, {}) if isinstance(commands, dict) else None
    parameters = section.get("parameters", {}) if isinstance(section, dict) else None
    if not isinstance(parameters, dict):
        raise ConfigError(f"{path}: [….{name}.parameters] is no table")
    return parameters


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
