"""The sources of an application: started, kept up to date, and told of the store's news where it concerns them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.config import Config

from local_emulator.faults import Faults
from local_emulator.functions.asynchronous import AsynchronousInvoker
from local_emulator.functions.destinations import Destinations
from local_emulator.functions.pool import Pool
from local_emulator.model import (
    Application,
    Function,
    Schedule,
    SqsEventSource,
    StoreResource,
    StreamEventSource,
)
from local_emulator.services import client
from local_emulator.sources.schedules import ScheduleSource
from local_emulator.sources.source import Source, SourceError
from local_emulator.sources.sqs import SqsSource
from local_emulator.sources.streams import StreamSource

_ENDPOINT = "AWS_ENDPOINT_URL"


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """A source that there should be; another one of the same `settings` would do the same."""

    settings: Any
    make: Callable[[Source | None], Source]
    """Given the one that it takes the place of."""


class Sources:
    """Runs the sources of an application."""

    def __init__(
        self, pool: Pool, asynchronous: AsynchronousInvoker, variables: Mapping[str, str], faults: Faults
    ) -> None:
        """`variables` lead to the services that are listened to."""
        self._pool = pool
        self._asynchronous = asynchronous
        self._variables = variables
        self._faults = faults
        self._destinations = Destinations(variables, asynchronous)
        self._running: dict[str, tuple[Any, Source]] = {}

    async def update(self, application: Application) -> None:
        """Runs this application's sources and no others; those that are as they were go on undisturbed.

        Raises:
            SourceError: some cannot begin; the others run.
        """
        wanted = dict(self._wanted(application))
        replaced: dict[str, Source] = {}
        for logical_id, (settings, source) in list(self._running.items()):
            if logical_id not in wanted or wanted[logical_id].settings != settings:
                await source.stop()
                replaced[logical_id] = source
                del self._running[logical_id]
        problems = []
        for logical_id, entry in wanted.items():
            if logical_id not in self._running:
                source = entry.make(replaced.get(logical_id))
                try:
                    await source.start()
                except SourceError as error:
                    problems.append(str(error))
                else:
                    self._running[logical_id] = entry.settings, source
        if problems:
            raise SourceError("; ".join(problems))

    async def stop(self) -> None:
        """Stops all."""
        while self._running:
            _, (_, source) = self._running.popitem()
            await source.stop()

    def hear(self, news: Mapping[str, Any]) -> None:
        """An event for a function, or a table whose stream has changed (see `store/server/news`)."""
        if "invoke" in news:
            self._asynchronous.submit_to(news["invoke"], news["event"])
        for _, source in self._running.values():
            if isinstance(source, StreamSource) and source.table_name == news.get("stream"):
                source.changed()

    def _wanted(self, application: Application) -> Iterator[tuple[str, _Wanted]]:
        resources = {resource.logical_id: resource for resource in application.store_resources}
        for queue in application.sqs_event_sources:
            if queue.enabled:
                yield queue.logical_id, self._queue(queue, resources[queue.queue])
        for stream in application.stream_event_sources:
            if stream.enabled:
                function = application.functions[stream.function]
                yield stream.logical_id, self._stream(stream, resources[stream.table].name, function)
        for schedule in application.schedules:
            if schedule.enabled:
                yield schedule.logical_id, self._schedule(schedule)

    def _queue(self, source: SqsEventSource, queue: StoreResource) -> _Wanted:
        def make(_: Source | None) -> SqsSource:
            config = Config(read_timeout=30, retries={"total_max_attempts": 1})
            sqs = client("sqs", self._variables, config=config)
            return SqsSource(source, queue, self._pool, sqs, self._faults)

        return _Wanted(settings=(source, queue), make=make)

    def _stream(self, source: StreamEventSource, table_name: str, function: Function) -> _Wanted:
        elsewhere = self._variables.get(f"{_ENDPOINT}_DYNAMODB")
        endpoint = self._variables.get(f"{_ENDPOINT}_DYNAMODB_STREAMS") or elsewhere

        def make(before: Source | None) -> StreamSource:
            return StreamSource(
                source,
                function.arn,
                table_name=table_name,
                invoker=self._pool,
                destinations=self._destinations,
                dynamodb=client("dynamodb", self._variables),
                streams=client(
                    "dynamodbstreams", {**self._variables, **({_ENDPOINT: endpoint} if endpoint else {})}
                ),
                is_told=endpoint is None,
                places=before.places if isinstance(before, StreamSource) else {},
            )

        return _Wanted(settings=(source, table_name, function.arn), make=make)

    def _schedule(self, schedule: Schedule) -> _Wanted:
        return _Wanted(settings=schedule, make=lambda _: ScheduleSource(schedule, self._destinations))
