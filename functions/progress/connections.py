"""Who is connected, and which jobs they watch.

CONN#cid | META       the connection: where it is reached, who it is, the job that its URL named
CONN#cid | JOB#id     a job that it watches: the way back from $disconnect
JOB#id   | CONN#cid   the same, as a publisher looks for it (strongly: an index cannot be read so)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from progress.clock import Clock, now_ms
from progress.table import ConditionFailedError, Item, Table, job_key

LIFETIME_SECONDS = 2 * 3600 + 600
"""A connection lives two hours at most (API Gateway's quota); its rows a little longer."""


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
    """The job that the URL it connected with named."""


class Connections:
    """The connections of one table."""

    def __init__(self, table: Table, clock: Clock = now_ms) -> None:
        self._table = table
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
        return _connection(connection_id, item) if item else None

    def subscribe(self, connection: Connection, job_id: str) -> None:
        """From now on a publisher who looks finds this connection. Repeating it changes nothing."""
        watch: Item = {
            "endpoint": connection.endpoint,
            "principal": connection.principal,
            "connectedAt": connection.connected_at,
            "ttl": self._expires(),
        }
        mine, theirs = _connection_key(connection.connection_id), job_key(job_id)
        self._table.put_all(
            [{"pk": theirs, "sk": mine, **watch}, {"pk": mine, "sk": theirs, "ttl": watch["ttl"]}]
        )

    def unsubscribe(self, connection_id: str, job_id: str) -> None:
        """The opposite; a job that was not watched is no error."""
        mine, theirs = _connection_key(connection_id), job_key(job_id)
        self._table.delete_all([(theirs, mine), (mine, theirs)])

    def watchers(self, job_id: str, *, owner: str) -> list[Connection]:
        """Every connection that watches a job and may: whoever subscribed to an id before a job of somebody else
        took it, sees nothing."""
        rows = self._table.query(job_key(job_id), "CONN#")
        found = (_connection(row["sk"].removeprefix("CONN#"), row) for row in rows)
        return [connection for connection in found if connection.principal == owner]

    def acknowledge(self, connection_id: str, job_id: str, seq: int) -> None:
        """Records the newest frame that a watcher says it has; older ones and unknown watchers are ignored."""
        try:
            self._table.update(
                job_key(job_id),
                _connection_key(connection_id),
                "SET ackedSeq = :seq",
                {":seq": seq},
                condition="attribute_exists(pk) AND (attribute_not_exists(ackedSeq) OR ackedSeq < :seq)",
            )
        except ConditionFailedError:
            return

    def remove(self, connection_ids: Iterable[str]) -> None:
        """Forgets connections and all that they watch; those that are not there are no error."""
        for connection_id in connection_ids:
            mine = _connection_key(connection_id)
            keys = [(mine, "META")]
            for row in self._table.query(mine, "JOB#"):
                keys += [(row["sk"], mine), (mine, row["sk"])]
            self._table.delete_all(keys)

    def _expires(self) -> int:
        return self._clock() // 1000 + LIFETIME_SECONDS


def _connection(connection_id: str, item: Item) -> Connection:
    return Connection(
        connection_id=connection_id,
        endpoint=item["endpoint"],
        principal=item["principal"],
        connected_at=item["connectedAt"],
        job_id=item.get("jobId"),
    )


def _connection_key(connection_id: str) -> str:
    return f"CONN#{connection_id}"
