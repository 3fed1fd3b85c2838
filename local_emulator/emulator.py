"""Puts the parts together: starts them in order, and stops them in the opposite one, whatever fails between."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local_emulator import certificates, http1, nodejs
from local_emulator.functions import Pool
from local_emulator.functions.asynchronous import AsynchronousInvoker
from local_emulator.functions.environment import FunctionLog
from local_emulator.functions.invoke_api import InvokeApi
from local_emulator.gateway import Gateway
from local_emulator.model import REGION, Application
from local_emulator.services import service_variables
from local_emulator.sources.making import Sources
from local_emulator.store.process import StoreProcess
from local_emulator.store.provision import provision
from local_emulator.store.subscriptions import subscribe

function_logger = logging.getLogger("local_emulator.functions")


class StartError(Exception):
    """The emulator cannot start, for a reason that the person can mend."""


class Emulator:
    """A template, running: an asynchronous context manager.

    `port` 0 takes a free one. `env_vars` is SAM CLI's form: variables by logical id, and under `Parameters`
    those for every function; they replace and add to the template's. `log` takes each line of each function's log
    with the function's logical id; by default they go to the logger `local_emulator.functions`.
    `certificates_folder` keeps the local certificate authority between runs.

    Raises on entering:
        TemplateError: the template cannot be run here.
        StartError: there is nothing to run, or the port is taken.
        StoreError, ProvisionError: the local services did not come up.
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
    ) -> None:
        self._template = template
        self._host = host
        self._port = port
        self._parameter_overrides = dict(parameter_overrides or {})
        self._env_vars = env_vars or {}
        self._log = log or _log_line
        self._idle_timeout = idle_timeout
        self._max_duration = max_duration
        self._certificates_folder = certificates_folder
        self._parts = AsyncExitStack()
        self.application: Application
        """What the template describes, `env_vars` applied."""
        self.pool: Pool
        """The functions' environments."""
        self.gateway: Gateway
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
        port = self._port or _free_port(self._host)
        _check_port(self._host, port)
        # The store's process, the reading of the template and the making of keys take their time side by side.
        starting = asyncio.create_task(self._start_store())
        try:
            self.application, certificate = await asyncio.gather(
                asyncio.to_thread(self._load, port),
                asyncio.to_thread(certificates.load_or_create, self._certificates_folder),
            )
        finally:
            await starting
        self.pool = Pool(self.application.functions, log=self._log)
        self._asynchronous = AsynchronousInvoker(self.pool)
        variables = service_variables(
            os.environ,
            store_url=self.store_url,
            lambda_url=await self._serve_lambda(),
            ca_bundle=certificate.ca_bundle,
        )
        self.pool.open(variables)
        self._asynchronous.open(variables)
        self.environment = {**variables, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
        await asyncio.to_thread(self._provision, variables)
        self._parts.push_async_callback(self.pool.stop)
        self.gateway = Gateway(
            self.application,
            self.pool,
            host=self._host,
            port=port,
            certificate=certificate,
            idle_timeout=self._idle_timeout,
            max_duration=self._max_duration,
        )
        await self.gateway.start()
        self._parts.push_async_callback(self.gateway.stop)
        await self._start_sources(variables)

    def _load(self, port: int) -> Application:
        # Imported here, while the store starts: the translator takes half a second.
        from local_emulator.template import load

        application = load(self._template, self._parameter_overrides, address=f"{self._host}:{port}")
        if not (application.functions or application.apis):
            raise StartError(f"{self._template} has no function and no API, so that nothing would ever run")
        try:
            nodejs.prepare(application.functions.values())
        except nodejs.NodeJsError as error:
            raise StartError(str(error)) from error
        return _with_variables(application, self._env_vars)

    async def _start_store(self) -> None:
        self._store = await StoreProcess.start()
        self._parts.push_async_callback(self._store.stop)
        self.store_url = self._store.url

    def _provision(self, variables: Mapping[str, str]) -> None:
        provision(self.application.store_resources, variables)
        subscribe(self.application.store_resources, self.application.subscriptions, variables)

    async def _serve_lambda(self) -> str:
        api = InvokeApi(self.pool, self._asynchronous)
        server = await http1.serve(api)
        self._parts.callback(server.close)
        self._parts.push_async_callback(self._asynchronous.stop)
        host, port = server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    async def _start_sources(self, variables: Mapping[str, str]) -> None:
        sources = Sources(self.application, self.pool, self._asynchronous, variables)
        self._store.listen(sources.hear)
        for source in sources.all:
            await source.start()
            self._parts.push_async_callback(source.stop)


def _log_line(function: str, line: str) -> None:
    function_logger.info("%s", line, extra={"function": function})


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
