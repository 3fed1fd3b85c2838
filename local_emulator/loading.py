"""The template, read as the person wants it to run: with their variables, under their debugger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from local_emulator import nodejs
from local_emulator.errors import StartError
from local_emulator.functions.debugging import debugged
from local_emulator.model import Application
from local_emulator.settings import Settings
from local_emulator.template.loader import load
from local_emulator.template.sam.remembered import Remembered


def application(settings: Settings, address: str) -> Application:
    """What is to run; `address` is the `host:port` of the APIs. Fetches what Node.js functions need.

    Raises:
        TemplateError: the template cannot be run here.
        StartError: there is nothing to run, or variables are for a function that is not there.
        NodeJsError: what its Node.js functions need cannot be had.
        DebugError: a function cannot be debugged.
    """
    read = load(
        settings.template,
        settings.parameter_overrides,
        address=address,
        remembered=Remembered(settings.data_folder / "translated"),
    )
    if settings.serves and not (read.functions or read.apis):
        raise StartError(f"{settings.template} has no function and no API, so that nothing would ever run")
    nodejs.prepare(read.functions.values())
    read = _with_variables(read, settings.env_vars)
    if settings.debug is None:
        return read
    return replace(read, functions=debugged(read.functions, *settings.debug))


def _with_variables(read: Application, env_vars: Mapping[str, Mapping[str, str]]) -> Application:
    unknown = sorted(set(env_vars) - set(read.functions) - {"Parameters"})
    if unknown:
        raise StartError(
            f"the environment variables are for {', '.join(unknown)}, which the template does not have"
        )
    shared = env_vars.get("Parameters", {})
    functions = {
        logical_id: replace(
            function,
            environment={**function.environment, **shared, **env_vars.get(logical_id, {})},
        )
        for logical_id, function in read.functions.items()
    }
    return replace(read, functions=functions)
