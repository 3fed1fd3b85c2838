"""Makes the sources that an application has, and passes the store's news on to whom they concern."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.config import Config

from local_emulator.functions.asynchronous import AsynchronousInvoker
from local_emulator.functions.destinations import Destinations
from local_emulator.functions.pool import Pool
from local_emulator.model import Application, SqsEventSource, StreamEventSource
from local_emulator.services import client
from local_emulator.sources.schedules import ScheduleSource
from local_emulator.sources.source import Source
from local_emulator.sources.sqs import SqsSource
from local_emulator.sources.streams import StreamSource

_ENDPOINT = "AWS_ENDPOINT_URL"


class Sources:
    """The sources of an application, to be started one by one; `hear` takes the store's news."""

    def __init__(
        self,
        application: Application,
        pool: Pool,
        asynchronous: AsynchronousInvoker,
        variables: Mapping[str, str],
    ) -> None:
        self._application = application
        self._pool = pool
        self._asynchronous = asynchronous
        self._variables = variables
        self._destinations = Destinations(variables, asynchronous)
        self._resources = {resource.logical_id: resource for resource in application.store_resources}
        self._streams: dict[str, list[StreamSource]] = {}
        self.all: list[Source] = [
            *(self._queue(source) for source in application.sqs_event_sources if source.enabled),
            *(self._stream(source) for source in application.stream_event_sources if source.enabled),
            *(
                ScheduleSource(schedule, self._destinations)
                for schedule in application.schedules
                if schedule.enabled
            ),
        ]

    def hear(self, news: Mapping[str, Any]) -> None:
        """An event for a function, or a table whose stream has changed (see `store/news.py`)."""
        if "invoke" in news:
            self._asynchronous.submit_to(news["invoke"], news["event"])
        for source in self._streams.get(news.get("stream", ""), []):
            source.changed()

    def _queue(self, source: SqsEventSource) -> SqsSource:
        queue = self._resources[source.queue]
        config = Config(read_timeout=30, retries={"total_max_attempts": 1})
        return SqsSource(source, queue, self._pool, client("sqs", self._variables, config=config))

    def _stream(self, source: StreamEventSource) -> StreamSource:
        name = self._resources[source.table].name
        elsewhere = self._variables.get(f"{_ENDPOINT}_DYNAMODB")
        endpoint = self._variables.get(f"{_ENDPOINT}_DYNAMODB_STREAMS") or elsewhere
        made = StreamSource(
            source,
            self._application.functions[source.function],
            table_name=name,
            invoker=self._pool,
            destinations=self._destinations,
            dynamodb=client("dynamodb", self._variables),
            streams=client(
                "dynamodbstreams", {**self._variables, **({_ENDPOINT: endpoint} if endpoint else {})}
            ),
            is_told=endpoint is None,
        )
        self._streams.setdefault(name, []).append(made)
        return made
