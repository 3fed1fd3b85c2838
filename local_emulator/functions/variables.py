"""The environment variables of a runtime process: what Lambda sets, what the template sets, and nothing of the host."""

from __future__ import annotations

import os
import secrets
import site
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import awslambdaric

from local_emulator import nodejs
from local_emulator.functions import debugging
from local_emulator.model import REGION, Function


def function_variables(
    function: Function,
    *,
    runtime_api: str,
    services: Mapping[str, str],
    temporary: Path,
    packages: Iterable[str] | None = None,
) -> dict[str, str]:
    """All variables of one environment (case H5).

    `runtime_api` is `host:port/prefix`; `services` holds credentials, endpoints and trust, and wins over nothing: a
    template that sets one of those names keeps its own. `temporary` stands for Lambda's private /tmp (case H11).
    `packages` are the folders that stand in for what Lambda's Python runtime brings along, by default the
    site-packages of this interpreter.
    """
    found = site.getsitepackages() if packages is None else packages
    return {
        "PATH": os.defpath,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": str(temporary),
        "TMPDIR": str(temporary),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{secrets.token_hex(16)}",
        "LAMBDA_TASK_ROOT": str(function.code),
        **(nodejs.variables(function) if nodejs.is_nodejs(function) else _of_python(function, found)),
        **services,
        **debugging.variables(function),
        **function.environment,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "_HANDLER": function.handler,
    }


def _of_python(function: Function, packages: Iterable[str]) -> dict[str, str]:
    """A folder on PYTHONPATH is searched after the code and the layers (case H12), and unlike an interpreter's own
    site-packages its .pth files are not followed, so that a project installed for development stays out of its
    functions' sight.
    """
    layers = [str(layer / "python") for layer in function.layers]
    return {
        "PYTHONPATH": os.pathsep.join([*layers, *packages]),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "LAMBDA_RUNTIME_DIR": str(Path(awslambdaric.__file__).parent),
    }
