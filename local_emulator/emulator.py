"""Puts the parts together: starts them in order, and stops them in the opposite one, whatever fails between."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local_emulator import certificates, http1, nodejs
from local_emulator.console import Console, Recorder
from local_emulator.faults import Faults
from local_emulator.faults.control import Control
from local_emulator.faults.rules import Rule
from local_emulator.functions import Pool, loglines
from local_emulator.functions.asynchronous import AsynchronousInvoker
from local_emulator.functions.debugging import debugged
from local_emulator.functions.environment import FunctionLog
from local_emulator.functions.invoke_api import InvokeApi
from local_emulator.functions.pool import IDLE_SECONDS
from local_emulator.gateway import Gateway
from local_emulator.model import REGION, Application, StoreResource
from local_emulator.reload.differences import differences
from local_emulator.reload.watching import Reloader
from local_emulator.services import service_variables
from local_emulator.sources.making import Sources
from local_emulator.sources.source import SourceError
from local_emulator.store.process import StoreProcess
from local_emulator.store.provision import provision
from local_emulator.store.remote_faults import RemoteFaults
from local_emulator.store.subscriptions import subscribe

function_logger = logging.getLogger("local_emulator.functions")
platform_logger = logging.getLogger(loglines.PLATFORM_LOGGER)


class StartError(Exception):
    """The emulator cannot start, for a reason that the person can mend."""


class Emulator:
    """A template, running: an asynchronous context manager.

    `port` 0 takes a free one. `env_vars` is SAM CLI's form: variables by logical id, and under `Parameters`
    those for every function; they replace and add to the template's. `log` takes each line of each function's log
    with the function's logical id; by default they go to the logger `local_emulator.functions`.
    `certificates_folder` keeps the local certificate authority and translated templates between runs. `faults` are in
    force from the start.
    With `watch` changed code and a changed template are taken up while it runs. Without `serves` no event source is
    polled, and a template without an API will do. `debug` is a port, and the functions to wait for a debugger or none
    for all. `store` is a store on its way, where the caller has started one; it is stopped with the emulator.

    Raises on entering:
        TemplateError: the template cannot be run here.
        StartError: there is nothing to run, or the port is taken.
        StoreError, ProvisionError: the local services did not come up.
        SourceError: an event source cannot begin.
        DebugError: a function cannot be debugged.
        FaultsError: a fault is for something that the template does not have.
    """

    def __init__(
        self,
        *,
        template: Path,
        host: str = "localhost",
        port: int = 0,
        parameter_overrides: Mapping[str, str] | None = None,
        env_vars: Mapping[str, Mapping[str, str]] | None = None,
        log: FunctionLog | None = None,
        idle_timeout: float = 600.0,
        max_duration: float = 7200.0,
        certificates_folder: Path,
        faults: Iterable[Rule] = (),
        environment_idle_seconds: float = IDLE_SECONDS,
        watch: bool = False,
        serves: bool = True,
        debug: tuple[int, Sequence[str]] | None = None,
        store: Awaitable[StoreProcess] | None = None,
    ) -> None:
        self.template = template
        self._host = host
        self._port = port
        self._parameter_overrides = dict(parameter_overrides or {})
        self._env_vars = env_vars or {}
        self._log = log or log_line
        self._idle_timeout = idle_timeout
        self._max_duration = max_duration
        self._certificates_folder = certificates_folder
        self._rules = list(faults)
        self._environment_idle_seconds = environment_idle_seconds
        self._watch = watch
        self._serves = serves
        self._debug = debug
        self._store_on_its_way = store
        self._variables: dict[str, str] = {}
        self._recorder = Recorder()
        self._console = Console(self, self._recorder)
        self._parts = AsyncExitStack()
        self.application: Application
        """What the template describes, `env_vars` applied."""
        self.pool: Pool
        """The functions' environments."""
        self.gateway: Gateway
        self.faults = Faults()
        """What goes wrong; changed by `control` or over HTTP at `/_faults`."""
        self.control: Control
        self.store_url = ""
        """Where DynamoDB, SQS and the rest answer."""
        self.environment: dict[str, str] = {}
        """The variables by which a boto3 client outside reaches the same services as the functions."""

    @property
    def url(self) -> str:
        """The APIs' base URL, such as `http://localhost:3000`."""
        return self.gateway.url

    @property
    def port(self) -> int:
        """The APIs' port."""
        return self.gateway.port

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._parts.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._parts.aclose()

    async def _start(self) -> None:
        # The store's process, the reading of the template and the making of keys take their time side by side.
        starting = asyncio.create_task(self._start_store())
        try:
            port = self._port or _free_port(self._host)
            _check_port(self._host, port)
            self.application, certificate = await asyncio.gather(
                asyncio.to_thread(self._load, port),
                asyncio.to_thread(certificates.load_or_create, self._certificates_folder),
            )
        finally:
            await starting
        self.pool = Pool(
            self.application.functions,
            log=self._log,
            faults=self.faults,
            idle_seconds=self._environment_idle_seconds,
            observer=self._recorder,
        )
        self._asynchronous = AsynchronousInvoker(self.pool)
        self._variables = variables = service_variables(
            os.environ,
            store_url=self.store_url,
            lambda_url=await self._serve_lambda(),
            ca_bundle=certificate.ca_bundle,
        )
        self.pool.open(variables)
        self._asynchronous.open(variables)
        self.environment = {**variables, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
        await asyncio.to_thread(self._provision, self.application)
        self._parts.push_async_callback(self.pool.stop)
        self.gateway = Gateway(
            self.application,
            self.pool,
            host=self._host,
            port=port,
            certificate=certificate,
            idle_timeout=self._idle_timeout,
            max_duration=self._max_duration,
            faults=self.faults,
            observer=self._recorder,
        )
        await self._control_faults(variables)
        self.gateway.serve_at("_console", self._console.answer, self._console.upgrade)
        await self.gateway.start()
        self._parts.push_async_callback(self.gateway.stop)
        self._parts.callback(self._console.stop)
        await self._start_sources()
        if self._watch:
            watching = asyncio.create_task(Reloader(self).run())
            self._parts.push_async_callback(_cancelled, watching)

    def reload_code(self, functions: Iterable[str]) -> None:
        """Replaces the environments of functions whose code has changed."""
        for logical_id in functions:
            self.pool.renew(logical_id)

    async def reload_template(self) -> str:
        """Reads the template again and takes up what has changed; says what that was.

        Raises:
            TemplateError, StartError, ProvisionError: it cannot be used; all goes on as before.
        """
        before = self.application
        application = await asyncio.to_thread(self._load, self.port)
        await asyncio.to_thread(self._provision, application)
        changes = differences(before, application)
        self.application = application
        self.pool.update(application.functions)
        await self.gateway.update(application)
        self._console.renew()
        try:
            await self._sources.update(application)
        except SourceError as error:
            # All else has been taken up.
            return f"{changes}; {error}"
        return changes

    async def _control_faults(self, variables: Mapping[str, str]) -> None:
        self.control = Control(
            self.faults,
            tables=RemoteFaults(
                self.store_url,
                lambda: {table.name: table.logical_id for table in self._stored("AWS::DynamoDB::Table")},
                own_dynamodb="AWS_ENDPOINT_URL_DYNAMODB" in variables,
            ),
            names=self._names,
            connections=self.gateway.connections,
            kill=self.pool.kill,
        )
        await self.control.replace(self._rules)
        self.gateway.serve_at("_faults", self.control)

    def _stored(self, kind: str) -> list[StoreResource]:
        return [resource for resource in self.application.store_resources if resource.type == kind]

    def _names(self) -> dict[str, list[str]]:
        """By what a fault's rule may match: every logical id and name."""
        application = self.application
        functions = application.functions.values()
        return {
            "function": [name for function in functions for name in (function.logical_id, function.name)],
            "api": [api.logical_id for api in application.apis],
            **{
                word: [name for found in self._stored(kind) for name in (found.logical_id, found.name)]
                for word, kind in (("queue", "AWS::SQS::Queue"), ("table", "AWS::DynamoDB::Table"))
            },
        }

    def _load(self, port: int) -> Application:
        # Imported here, while the store starts.
        from local_emulator.template.loader import load
        from local_emulator.template.sam.remembered import Remembered

        application = load(
            self.template,
            self._parameter_overrides,
            address=f"{self._host}:{port}",
            remembered=Remembered(self._certificates_folder / "translated"),
        )
        if self._serves and not (application.functions or application.apis):
            raise StartError(f"{self.template} has no function and no API, so that nothing would ever run")
        try:
            nodejs.prepare(application.functions.values())
        except nodejs.NodeJsError as error:
            raise StartError(str(error)) from error
        application = _with_variables(application, self._env_vars)
        if self._debug is None:
            return application
        return replace(application, functions=debugged(application.functions, *self._debug))

    async def _start_store(self) -> None:
        self._store = await (self._store_on_its_way or StoreProcess.start())
        self._parts.push_async_callback(self._store.stop)
        self.store_url = self._store.url

    def _provision(self, application: Application) -> None:
        provision(application.store_resources, self._variables)
        subscribe(application.store_resources, application.subscriptions, self._variables)

    async def _serve_lambda(self) -> str:
        api = InvokeApi(self.pool, self._asynchronous)
        server = await http1.serve(api)
        self._parts.callback(server.close)
        self._parts.push_async_callback(self._asynchronous.stop)
        host, port = server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    async def _start_sources(self) -> None:
        self._sources = Sources(self.pool, self._asynchronous, self._variables, self.faults)
        self._store.listen(self._sources.hear)
        self._parts.push_async_callback(self._sources.stop)
        if self._serves:
            await self._sources.update(self.application)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def log_line(function: str, line: str) -> None:
    """Logs a line of a function's, as it is done by default."""
    logger = platform_logger if loglines.is_platform(line) else function_logger
    logger.info("%s", line, extra={"function": function})


def _with_variables(application: Application, env_vars: Mapping[str, Mapping[str, str]]) -> Application:
    unknown = sorted(set(env_vars) - set(application.functions) - {"Parameters"})
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
        for logical_id, function in application.functions.items()
    }
    return replace(application, functions=functions)


def _free_port(host: str) -> int:
    """The template's URLs need the port's number before anything listens there."""
    with contextlib.closing(_bind(_addresses(host, 0)[0])) as bound:
        return int(bound.getsockname()[1])


def _check_port(host: str, port: int) -> None:
    """Fails before anything is started, and in words, where the gateway would fail later and in a stack."""
    for address in _addresses(host, port):
        try:
            _bind(address).close()
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT) and host == "localhost":
                continue  # a machine without IPv6
            raise StartError(
                f"port {port} on {host} cannot be used ({error.strerror}): take another with --port"
            ) from error


def _addresses(host: str, port: int) -> list[tuple[int, Any]]:
    """Families and addresses, IPv4 first: the only ones that every machine has."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise StartError(f"the host {host} is unknown: {error.strerror}") from error
    return sorted(
        ((family, address) for family, _, _, _, address in found), key=lambda it: it[0] != socket.AF_INET
    )


def _bind(target: tuple[int, Any]) -> socket.socket:
    family, address = target
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound
