"""Who is connected, and which jobs they watch.

CONN#cid | META       the connection: where it is reached, who it is, the job that its URL named, the jobs it watches
JOB#id   | CONN#cid   one that watches the job, as a publisher looks for it (strongly: an index cannot be read so)

A connection's own row names a job before the job's row names the connection, and goes before it. So whoever takes a
connection's row away knows all that there may be of it, and nothing is left of a closed socket, whatever was under
way. docs/decisions/0009 tells why without transactions.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from progress.clock import Clock, now_ms
from progress.table import ConditionFailedError, Item, Table, job_key

LIFETIME_SECONDS = 2 * 3600 + 600
"""A connection lives two hours at most (API Gateway's quota); its rows a little longer."""


class ConnectionGoneError(Exception):
    """The connection is closed, and forgotten."""


class TooManySubscriptionsError(Exception):
    """The connection watches as many jobs as one may."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """One WebSocket connection. Times are milliseconds since the epoch."""

    connection_id: str
    endpoint: str
    """Base URL of its @connections API: `https://{domainName}/{stage}`."""
    principal: str
    """Whom the authorizer named, or empty: an API without an authorizer knows nobody."""
    connected_at: int
    job_id: str | None = None
    """The job that the URL it connected with named; of a watcher, the job that it watches."""
    compact_as: int | None = None
    """Of a watcher that asked for compact frames: what they call the job."""


class Connections:
    """The connections of one table."""

    def __init__(self, table: Table, *, max_subscriptions: int = 100, clock: Clock = now_ms) -> None:
        self._table = table
        self._max_subscriptions = max_subscriptions
        self._clock = clock

    def open(self, connection: Connection, *, origin: str | None) -> None:
        """Records a connection, before $connect answers: the first message finds it there."""
        self._table.put(
            {
                "pk": _connection_key(connection.connection_id),
                "sk": "META",
                "endpoint": connection.endpoint,
                "principal": connection.principal,
                "origin": origin,
                "connectedAt": connection.connected_at,
                "jobId": connection.job_id,
                "ttl": self._expires(),
            }
        )

    def get(self, connection_id: str) -> Connection | None:
        """The connection, or None if it is gone."""
        item = self._table.get(_connection_key(connection_id), "META")
        return _connection(connection_id, item, item.get("jobId")) if item else None

    def subscribe(self, connection: Connection, job_id: str, *, compact: bool = False) -> int:
        """From now on a publisher who looks finds this connection. Returns the subscription's number, which no other
        of this connection has or will have: compact frames call the job by it. Again, it gets a new number and the
        encoding that was asked for last.

        Raises:
            ConnectionGoneError: it was closed meanwhile; nothing is left of it.
            TooManySubscriptionsError: it must end another one first.
        """
        number = self._name_job(connection.connection_id, job_id)
        self._write_watcher(connection, job_id, number, compact=compact)
        # It may have been closed, or have unsubscribed, between the two: whoever did looked for this row too early.
        row = self._table.get(_connection_key(connection.connection_id), "META")
        if row is None or job_id not in row.get("jobs", ()):
            self._forget_watcher(connection.connection_id, job_id, up_to=number)
        if row is None:
            raise ConnectionGoneError(connection.connection_id)
        return number

    def unsubscribe(self, connection_id: str, job_id: str) -> None:
        """The opposite; a job that was not watched is no error."""
        try:
            row = self._table.update(
                _connection_key(connection_id),
                "META",
                "DELETE jobs :job",
                {":job": {job_id}},
                condition="attribute_exists(pk)",
            )
        except ConditionFailedError:
            return
        # A subscription that was made since then stays.
        self._forget_watcher(connection_id, job_id, up_to=row.get("subscribed", 0))

    def watchers(self, job_id: str, *, owner: str) -> list[Connection]:
        """Every connection that watches a job and may: whoever subscribed to an id before a job of somebody else
        took it, sees nothing."""
        rows = self._table.query(job_key(job_id), "CONN#")
        found = (_connection(row["sk"].removeprefix("CONN#"), row, job_id) for row in rows)
        return [connection for connection in found if connection.principal == owner]

    def acknowledge(self, connection: Connection, job_id: str, seq: int) -> bool:
        """Records the newest frame that a watcher says it has. Returns whether that was news: older ones and unknown
        watchers are ignored."""
        try:
            self._table.update(
                job_key(job_id),
                _connection_key(connection.connection_id),
                "SET ackedSeq = :seq",
                {":seq": seq},
                condition="attribute_exists(pk) AND (attribute_not_exists(ackedSeq) OR ackedSeq < :seq)",
            )
        except ConditionFailedError:
            return False
        return True

    def remove(self, connection_id: str, *jobs: str) -> None:
        """Forgets a connection and all that it watches, `jobs` among it; one that is not there is no error."""
        mine = _connection_key(connection_id)
        row = self._table.delete(mine, "META") or {}
        self._table.delete_all((job_key(job), mine) for job in {*row.get("jobs", ()), *jobs})

    def _name_job(self, connection_id: str, job_id: str) -> int:
        try:
            row = self._table.update(
                _connection_key(connection_id),
                "META",
                "ADD jobs :job, subscribed :one",
                {":job": {job_id}, ":id": job_id, ":one": 1, ":most": self._max_subscriptions},
                condition="attribute_exists(pk) AND "
                "(attribute_not_exists(jobs) OR contains(jobs, :id) OR size(jobs) < :most)",
            )
        except ConditionFailedError as failed:
            if failed.item is None:
                raise ConnectionGoneError(connection_id) from failed
            raise TooManySubscriptionsError(connection_id) from failed
        number: int = row["subscribed"]
        return number

    def _write_watcher(self, connection: Connection, job_id: str, number: int, *, compact: bool) -> None:
        watcher = {
            "endpoint": connection.endpoint,
            "principal": connection.principal,
            "connectedAt": connection.connected_at,
            "number": number,
            "compact": compact,
            "ttl": self._expires(),
        }
        with suppress(ConditionFailedError):
            # Where two subscriptions to one job overtake each other, the later one stands.
            self._table.update(
                job_key(job_id),
                _connection_key(connection.connection_id),
                "SET " + ", ".join(f"#{name} = :{name}" for name in watcher),
                {f":{name}": value for name, value in watcher.items()},
                condition="attribute_not_exists(pk) OR #number < :number",
                names={f"#{name}": name for name in watcher},
            )

    def _forget_watcher(self, connection_id: str, job_id: str, *, up_to: int) -> None:
        with suppress(ConditionFailedError):
            self._table.delete(
                job_key(job_id),
                _connection_key(connection_id),
                condition="attribute_not_exists(pk) OR #number <= :number",
                names={"#number": "number"},
                values={":number": up_to},
            )

    def _expires(self) -> int:
        return self._clock() // 1000 + LIFETIME_SECONDS


def _connection(connection_id: str, item: Item, job_id: str | None) -> Connection:
    return Connection(
        connection_id=connection_id,
        endpoint=item["endpoint"],
        principal=item["principal"],
        connected_at=item["connectedAt"],
        job_id=job_id,
        compact_as=item["number"] if item.get("compact") else None,
    )


def _connection_key(connection_id: str) -> str:
    return f"CONN#{connection_id}"
