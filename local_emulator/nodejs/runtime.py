"""A Node.js function's process: its command, its variables, and what must be there before it starts."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable
from pathlib import Path

from local_emulator.model import Function
from local_emulator.nodejs.interface_client import FOLDER, fetch, release
from local_emulator.nodejs.interpreter import interpreter

logger = logging.getLogger(__name__)

_BOOTSTRAP = Path(__file__).with_name("bootstrap.mjs")
_SDK_PACKAGE = re.compile(rb"Cannot find (?:module|package) '(@(?:aws-sdk|smithy)/[\w.-]+)")


def is_nodejs(function: Function) -> bool:
    """Whether Node.js runs it."""
    return function.runtime.startswith("nodejs")


def prepare(functions: Iterable[Function]) -> None:
    """Fetches what the Node.js functions among these need and this machine does not have yet.

    Raises:
        NodeJsError: it cannot be had.
    """
    for runtime in sorted({function.runtime for function in functions if is_nodejs(function)}):
        wanted = release(runtime)
        if not wanted.path.exists():
            logger.info("Fetching aws-lambda-ric %s for Node.js functions, once", wanted.version)
        fetch(wanted, interpreter(runtime))


def command(function: Function) -> list[str]:
    """What starts the runtime.

    Raises:
        FileNotFoundError: `prepare` has not been called.
    """
    client = release(function.runtime).path
    if not client.exists():
        raise FileNotFoundError(f"there is no {client}: run python -m local_emulator.nodejs")
    return [str(interpreter(function.runtime).executable), str(_BOOTSTRAP), str(client)]


def variables(function: Function) -> dict[str, str]:
    """What Lambda sets for this language alone.

    NODE_PATH leads to the layers, in the order of the merged /opt: the last one wins; then to what stands for the
    packages that Lambda's runtime brings along (docs.aws.amazon.com/lambda/latest/dg/nodejs-package.html).
    """
    major = function.runtime.removeprefix("nodejs").removesuffix(".x")
    layers = [
        str(layer / "nodejs" / modules)
        for layer in reversed(function.layers)
        for modules in (f"node{major}/node_modules", "node_modules")
    ]
    return {
        "NODE_PATH": os.pathsep.join([*layers, str(FOLDER / "node_modules"), str(function.code)]),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "LAMBDA_RUNTIME_DIR": str(FOLDER),
    }


def version_warning(logical_id: str, runtime: str) -> str | None:
    """A sentence where the Node.js that runs is of another version than the runtime.

    Raises:
        NodeJsError: there is no Node.js.
    """
    found = interpreter(runtime)
    if runtime == f"nodejs{found.major}.x":
        return None
    return f"{logical_id} asks for {runtime} and runs on Node.js {found.version}, which is the one found here"


def advice(error: bytes) -> str | None:
    """What to do about a function that misses a part of the AWS SDK, which Lambda's runtime brings along."""
    missing = _SDK_PACKAGE.search(error)
    if missing is None:
        return None
    package = missing[1].decode()
    return (
        f"On AWS the runtime brings {package} along. Install it beside the code, or for every function here: "
        f"npm install --prefix {FOLDER} {package}"
    )
