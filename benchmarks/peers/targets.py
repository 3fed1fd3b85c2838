"""How each target is started, and where it is then reached."""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import random
import shutil
import socket
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import boto3

from benchmarks.peers import install
from benchmarks.peers.floor import APP, HANDLERS
from benchmarks.peers.processes import Program
from local_emulator.nodejs.interpreter import NodeJsError, interpreter

REGION = "us-east-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIABENCHMARKS000000",
    "AWS_SECRET_ACCESS_KEY": "benchmarks",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
}
_START_SECONDS = 60.0
_POLL_SECONDS = 0.01


@dataclass(frozen=True, kw_only=True)
class Running:
    """A target that has been started; it may not serve yet."""

    program: Program
    url: str
    """Of the WebSocket API."""
    callback_url: str
    """What `@connections/{id}` is appended to; an SDK's endpoint."""
    store: str | None = None
    """The Python module of a process in its tree that stands for other services."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Something to measure."""

    name: str
    title: str
    start: Callable[[Path], Running]
    """Takes a scratch folder."""
    version: Callable[[], str]
    install: Callable[[], object] = lambda: None
    """Fetches it where it is not there yet. Raises NotInstalledError where it cannot be had on this machine."""


def _floor(*options: str) -> Callable[[Path], Running]:
    def start(scratch: Path) -> Running:
        port = _free_ports(2)
        callback_url = f"http://127.0.0.1:{port + 1}"
        program = Program(
            [sys.executable, "-m", "benchmarks.peers.floor", "--port", str(port), *options],
            cwd=install.ROOT,
            env=_environment(callback_url),
            output=scratch / "output",
        )
        return Running(program=program, url=f"ws://127.0.0.1:{port}/", callback_url=callback_url)

    return start


def start_emulator(scratch: Path) -> Running:
    """This emulator, as a person starts it, but for its log: a file takes it, and the floor has none."""
    port = _free_ports(1)
    callback_url = f"http://localhost:{port}/prod"
    program = Program(
        [
            *(sys.executable, "-m", "local_emulator"),
            *("--template", APP / "template.yaml", "--port", str(port)),
            *("--parameter-overrides", f"CallbackUrl={callback_url}"),
        ],
        cwd=install.ROOT,
        env=_environment(callback_url),
        output=scratch / "output",
    )
    url = f"ws://127.0.0.1:{port}/prod"
    return Running(program=program, url=url, callback_url=callback_url, store="local_emulator.store")


def _serverless_offline(scratch: Path) -> Running:
    packages = install.serverless_offline()
    # Plugins are looked for from the service's folder.
    (scratch / "node_modules").symlink_to(packages / "node_modules")
    for file in APP.glob("*.*"):
        shutil.copy(file, scratch)
    port = _free_ports(3)
    callback_url = f"http://localhost:{port + 1}"
    ports = ("--httpPort", str(port), "--websocketPort", str(port + 1), "--lambdaPort", str(port + 2))
    program = Program(
        [_node(), packages / "node_modules/serverless/bin/serverless.js", "offline", "start", *ports],
        cwd=scratch,
        env={
            **_environment(callback_url),
            # It runs the `python3` that PATH names.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "SLS_TELEMETRY_DISABLED": "1",
            "SLS_NOTIFICATIONS_MODE": "off",
        },
        output=scratch / "output",
    )
    return Running(program=program, url=f"ws://localhost:{port + 1}", callback_url=callback_url)


def _node() -> Path:
    try:
        return interpreter("nodejs20.x").executable
    except NodeJsError as error:
        raise install.NotInstalledError(str(error)) from error


def _ministack(scratch: Path) -> Running:
    python = install.ministack()
    port = _free_ports(1)
    endpoint = f"http://localhost:{port}"
    program = Program(
        [python, "-m", "ministack"],
        cwd=scratch,
        env={**_environment(endpoint), "GATEWAY_PORT": str(port)},
        output=scratch / "output",
    )
    _await_port(port, program)
    path = f"_aws/execute-api/{_deploy(endpoint)}/prod"
    return Running(program=program, url=f"ws://localhost:{port}/{path}", callback_url=f"{endpoint}/{path}")


def _deploy(endpoint: str) -> str:
    """The template's API and functions, made by the calls that a deployment makes. The API's id."""
    functions, apis = (
        boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )
        for service in ("lambda", "apigatewayv2")
    )
    api_id = apis.create_api(
        Name="benchmarks", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    variables = {"CALLBACK_URL": f"{endpoint}/_aws/execute-api/{api_id}/prod", **CREDENTIALS}
    for route, handler in HANDLERS.items():
        arn = functions.create_function(
            FunctionName=handler.replace(".", "-"),
            Runtime="python3.11",
            Role="arn:aws:iam::000000000000:role/benchmarks",
            Handler=handler,
            Code={"ZipFile": _zipped()},
            Timeout=10,
            Environment={"Variables": variables},
        )["FunctionArn"]
        uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
        integration = apis.create_integration(ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=uri)
        apis.create_route(
            ApiId=api_id,
            RouteKey=route,
            Target=f"integrations/{integration['IntegrationId']}",
            RouteResponseSelectionExpression="$default",
        )
    apis.create_stage(ApiId=api_id, StageName="prod", AutoDeploy=True)
    for client in (functions, apis):
        client.close()
    return str(api_id)


def _zipped() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as into:
        for file in APP.glob("*.py"):
            into.write(file, file.name)
    return archive.getvalue()


def _environment(callback_url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SLS_"))}
    return {**kept, **CREDENTIALS, "CALLBACK_URL": callback_url}


def _free_ports(number: int) -> int:
    """The first of so many neighbours that nobody listens at, below those that outgoing connections are given."""
    while True:
        first = random.randrange(10_000, 30_000)  # noqa: S311 any will do
        if all(_is_free(first + offset) for offset in range(number)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _await_port(port: int, program: Program) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        program.check()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(_POLL_SECONDS)
    raise RuntimeError(f"nothing listened at port {port} within {_START_SECONDS:.0f} s")


def _package_version(name: str) -> Callable[[], str]:
    return lambda: f"{name} {importlib.metadata.version(name)}"


def _npm_version() -> str:
    asked = json.loads((install.HERE / "npm" / "package.json").read_text())["dependencies"]
    return f"serverless-offline {asked['serverless-offline']}, {asked['serverless'].removeprefix('npm:')}"


def _ministack_version() -> str:
    pins = (install.ROOT / "requirements" / "ministack.txt").read_text().splitlines()
    return next(line.split()[0].replace("==", " ") for line in pins if line.startswith("ministack=="))


TARGETS = (
    Target(
        name="floor",
        title="floor: handler in process",
        start=_floor(),
        version=_package_version("websockets"),
    ),
    Target(
        name="floor-ric",
        title="floor: awslambdaric",
        start=_floor("--awslambdaric"),
        version=_package_version("awslambdaric"),
    ),
    Target(name="emulator", title="this emulator", start=start_emulator, version=lambda: "this revision"),
    Target(
        name="serverless-offline",
        title="serverless-offline",
        start=_serverless_offline,
        version=_npm_version,
        install=lambda: (install.serverless_offline(), _node()),
    ),
    Target(
        name="ministack",
        title="ministack",
        start=_ministack,
        version=_ministack_version,
        install=install.ministack,
    ),
)
