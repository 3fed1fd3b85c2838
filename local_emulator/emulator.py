"""Puts the parts together: starts them in order, and stops them in the opposite one, whatever fails between."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Iterable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from local_emulator import certificates, http1
from local_emulator.address import Address
from local_emulator.console import Console, Recorder
from local_emulator.faults import Faults
from local_emulator.faults.control import Control
from local_emulator.faults.names import names_of
from local_emulator.functions import loglines
from local_emulator.functions.asynchronous import AsynchronousInvoker
from local_emulator.functions.environment import FunctionLog
from local_emulator.functions.invoke_api import InvokeApi
from local_emulator.functions.pool import Pool
from local_emulator.gateway import Gateway
from local_emulator.journal import Journal
from local_emulator.model import REGION, Application
from local_emulator.observer import Both, Observer
from local_emulator.reload.differences import differences
from local_emulator.services import service_variables
from local_emulator.settings import Settings
from local_emulator.sources.making import Sources
from local_emulator.sources.source import SourceError
from local_emulator.store.process import StoreProcess
from local_emulator.store.provision import provision
from local_emulator.store.remote_faults import RemoteFaults
from local_emulator.store.subscriptions import subscribe, subscriptions_of


class Emulator:
    """A template, running: an asynchronous context manager.

    Raises on entering an EmulatorError for whatever the person can mend: TemplateError, StartError, NodeJsError,
    DebugError, FaultsError, SourceError; StoreError and ProvisionError where the local services did not come up.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        log: FunctionLog = loglines.log,
        store: Awaitable[StoreProcess] | None = None,
    ) -> None:
        """`log` takes each line of each function's log with the function's logical id. `store` is a store on its way,
        where the caller has started one; it is stopped with the emulator.
        """
        self._settings = settings
        self._log = log
        self._store_on_its_way = store
        self._recorder = Recorder()
        self._console = Console(self, self._recorder)
        self._parts = AsyncExitStack()
        self.template = settings.template
        self.application: Application
        """What the template describes, the settings applied."""
        self.pool: Pool
        """The functions' environments."""
        self.gateway: Gateway
        self.faults = Faults()
        """What goes wrong; changed by `control` or over HTTP at `/_faults`."""
        self.control: Control
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

    @property
    def store_url(self) -> str:
        """Where DynamoDB, SQS and the rest answer."""
        return self._store.url

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

    def reload_code(self, functions: Iterable[str]) -> None:
        """Replaces the environments of functions whose code has changed."""
        for logical_id in functions:
            self.pool.renew(logical_id)

    async def reload_template(self) -> str:
        """Reads the template again and takes up what has changed; says what that was.

        Raises:
            EmulatorError: it cannot be used; all goes on as before.
        """
        before = self.application
        application = await asyncio.to_thread(self._load)
        await asyncio.to_thread(self._provision, application, before)
        self.application = application
        self.pool.update(application.functions)
        await self.gateway.update(application)
        self._console.renew()
        changes = differences(before, application)
        try:
            await self._sources.update(application)
        except SourceError as error:
            # All else has been taken up.
            return f"{changes}; {error}"
        return changes

    async def _start(self) -> None:
        certificate = await self._prepare()
        self._observer = self._observed_by()
        await self._start_functions(certificate)
        await asyncio.to_thread(self._provision, self.application)
        await self._start_gateway(certificate)
        await self._start_sources()
        if self._settings.watch:
            await self._start_watching()

    async def _prepare(self) -> certificates.Certificate:
        """The store's process, the reading of the template and the making of keys take their time side by side."""
        starting = asyncio.create_task(self._start_store())
        try:
            self._address = Address.take(self._settings.host, self._settings.port)
            self._parts.callback(self._address.close)
            self.application, certificate = await asyncio.gather(
                asyncio.to_thread(self._load),
                asyncio.to_thread(certificates.load_or_create, self._settings.data_folder),
            )
        finally:
            await starting
        return certificate

    def _observed_by(self) -> Observer:
        if self._settings.record is None:
            return self._recorder
        journal = Journal(self._settings.record)
        self._parts.callback(journal.close)
        return Both(self._recorder, journal)

    async def _start_store(self) -> None:
        self._store = await (self._store_on_its_way or StoreProcess.start())
        self._parts.push_async_callback(self._store.stop)

    def _load(self) -> Application:
        # Imported here, while the store starts.
        from local_emulator import loading

        return loading.application(self._settings, str(self._address))

    async def _start_functions(self, certificate: certificates.Certificate) -> None:
        self.pool = Pool(
            self.application.functions,
            log=self._log,
            faults=self.faults,
            idle_seconds=self._settings.environment_idle_seconds,
            observer=self._observer,
        )
        self._asynchronous = AsynchronousInvoker(self.pool)
        server = await http1.serve(InvokeApi(self.pool, self._asynchronous))
        self._parts.callback(server.close)
        self._parts.push_async_callback(self._asynchronous.stop)
        self._parts.push_async_callback(self.pool.stop)
        host, port = server.sockets[0].getsockname()
        self._variables = service_variables(
            os.environ,
            store_url=self.store_url,
            lambda_url=f"http://{host}:{port}",
            ca_bundle=certificate.ca_bundle,
        )
        self.pool.open(self._variables)
        self._asynchronous.open(self._variables)
        self.environment = {**self._variables, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}

    def _provision(self, application: Application, before: Application | None = None) -> None:
        provision(application.store_resources, self._variables)
        there = subscriptions_of(before) if before is not None else []
        subscribe(subscriptions_of(application), self._variables, there)

    async def _start_gateway(self, certificate: certificates.Certificate) -> None:
        self.gateway = Gateway(
            self.application,
            self.pool,
            address=self._address,
            certificate=certificate,
            idle_timeout=self._settings.idle_timeout,
            max_duration=self._settings.max_duration,
            faults=self.faults,
            observer=self._observer,
        )
        await self._control_faults()
        self.gateway.serve_at("_console", self._console.answer, self._console.upgrade)
        await self.gateway.start()
        self._parts.push_async_callback(self.gateway.stop)
        self._parts.callback(self._console.stop)

    async def _control_faults(self) -> None:
        self.control = Control(
            self.faults,
            tables=RemoteFaults(
                self.store_url,
                self._table_names,
                own_dynamodb="AWS_ENDPOINT_URL_DYNAMODB" in self._variables,
            ),
            names=lambda: names_of(self.application),
            connections=self.gateway.connections,
            kill=self.pool.kill,
        )
        await self.control.replace(list(self._settings.faults))
        self.gateway.serve_at("_faults", self.control)

    def _table_names(self) -> dict[str, str]:
        resources = self.application.store_resources
        return {it.name: it.logical_id for it in resources if it.type == "AWS::DynamoDB::Table"}

    async def _start_sources(self) -> None:
        self._sources = Sources(self.pool, self._asynchronous, self._variables, self.faults)
        self._store.listen(self._sources.hear)
        self._parts.push_async_callback(self._sources.stop)
        if self._settings.serves:
            await self._sources.update(self.application)

    async def _start_watching(self) -> None:
        # Imported here: most tests watch nothing.
        from local_emulator.reload.watching import Reloader

        watching = asyncio.create_task(Reloader(self).run())
        self._parts.push_async_callback(_cancelled, watching)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
