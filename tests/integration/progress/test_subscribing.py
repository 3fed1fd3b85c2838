"""Subscriptions: what is recorded of them, how many there may be, and that nothing is left of a closed connection.

Each race is run in every order that the table requests of its sides can take.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest

from progress.connections import (
    Connection,
    ConnectionGoneError,
    Connections,
    TooManySubscriptionsError,
)
from progress.table import Table
from tests.fakes import ENDPOINT, Clock
from tests.interleavings import Orders

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

JOB, OTHER, THIRD = (f"550e8400-e29b-41d4-a716-44665544000{number}" for number in range(3))


@pytest.fixture
def connections(table: Table, clock: Clock) -> Connections:
    return Connections(table, max_subscriptions=2, clock=clock)


@pytest.fixture
def connection(connections: Connections, clock: Clock) -> Connection:
    made = Connection(connection_id="a=", endpoint=ENDPOINT, principal="", connected_at=clock.now)
    connections.open(made, origin=None)
    return made


def watched(table: Table) -> set[str]:
    """The jobs that have a row of the connection."""
    return {job for job in (JOB, OTHER, THIRD) if list(table.query(f"JOB#{job}", "CONN#a="))}


def named(table: Table) -> set[str] | None:
    """The jobs that the connection's own row names; None if it is gone."""
    row = table.get("CONN#a=", "META")
    return None if row is None else row.get("jobs", set())


def test_a_subscription_is_found_from_both_sides(
    connections: Connections, connection: Connection, table: Table
) -> None:
    """By who publishes, and by who takes the connection away."""
    connections.subscribe(connection, JOB)
    connections.subscribe(connection, OTHER)

    assert {JOB, OTHER} == watched(table) == named(table)


def test_each_subscription_has_a_number_of_its_own(connections: Connections, connection: Connection) -> None:
    """A late frame of an earlier one is never taken for one of a later."""
    numbers = [connections.subscribe(connection, job, compact=True) for job in (JOB, OTHER, JOB)]
    (watcher,) = connections.watchers(JOB, owner="")

    assert [1, 2, 3] == numbers
    assert 3 == watcher.compact_as


def test_who_did_not_ask_for_compact_frames_gets_none(
    connections: Connections, connection: Connection
) -> None:
    """And who asks for whole ones later has those."""
    connections.subscribe(connection, JOB, compact=True)
    connections.subscribe(connection, JOB)

    assert [None] == [watcher.compact_as for watcher in connections.watchers(JOB, owner="")]


def test_a_connection_watches_so_many_jobs_and_no_more(
    connections: Connections, connection: Connection, table: Table
) -> None:
    """One that it watches already is none more; one less makes room."""
    for job in (JOB, OTHER, JOB):
        connections.subscribe(connection, job)
    with pytest.raises(TooManySubscriptionsError):
        connections.subscribe(connection, THIRD)
    assert {JOB, OTHER} == watched(table)

    connections.unsubscribe("a=", JOB)
    connections.subscribe(connection, THIRD)

    assert {OTHER, THIRD} == watched(table) == named(table)


def test_a_closed_connection_can_subscribe_to_nothing(
    connections: Connections, connection: Connection, table: Table
) -> None:
    """A frame may be handled after the $disconnect that followed it."""
    connections.remove("a=")

    with pytest.raises(ConnectionGoneError):
        connections.subscribe(connection, JOB)
    connections.unsubscribe("a=", JOB)

    assert set() == watched(table)


def test_who_finds_a_watcher_dead_takes_its_row_though_its_own_is_gone(
    connections: Connections, connection: Connection, table: Table
) -> None:
    """As after the end of its life: rows expire at different times."""
    connections.subscribe(connection, JOB)
    table.delete("CONN#a=", "META")

    connections.remove("a=", JOB)

    assert set() == watched(table)


@pytest.mark.parametrize("dynamodb", ["moto"], indirect=True)
@pytest.mark.parametrize(
    "against",
    [
        lambda connections, connection: connections.remove("a="),
        lambda connections, connection: connections.remove("a=", JOB),
        lambda connections, connection: connections.unsubscribe("a=", JOB),
        lambda connections, connection: connections.subscribe(connection, JOB),
        lambda connections, connection: connections.subscribe(connection, OTHER),
    ],
    ids=["disconnect", "gone", "unsubscribe", "subscribe again", "subscribe to another"],
)
def test_whatever_comes_between_a_subscription_both_sides_agree(
    connections: Connections,
    connection: Connection,
    table: Table,
    dynamodb: DynamoDBClient,
    against: Callable[[Connections, Connection], None],
) -> None:
    """A connection's own row names the jobs that have a row of it; where it is gone, none has."""

    def subscribe() -> None:
        with suppress(ConnectionGoneError):
            connections.subscribe(connection, JOB)

    def other() -> None:
        with suppress(ConnectionGoneError):
            against(connections, connection)

    orders = Orders(dynamodb)
    number = -1
    for number in orders:
        connections.open(connection, origin=None)
        orders.run(subscribe, other)
        assert (named(table) or set()) == watched(table), f"order {number}"
        connections.remove("a=", JOB, OTHER)

    assert number > 5


@pytest.mark.parametrize("dynamodb", ["moto"], indirect=True)
def test_of_two_subscriptions_to_a_job_the_one_with_the_higher_number_stands(
    connections: Connections, connection: Connection, dynamodb: DynamoDBClient
) -> None:
    """With its encoding, in whichever order they overtake each other: a client that asked for whole frames again gets
    no compact one."""
    orders = Orders(dynamodb)
    for number in orders:
        made: dict[int, bool] = {}

        def subscribe(compact: bool, made: dict[int, bool] = made) -> None:
            made[connections.subscribe(connection, JOB, compact=compact)] = compact

        orders.run(partial(subscribe, True), partial(subscribe, False))
        (watcher,) = connections.watchers(JOB, owner="")
        newest = max(made)
        assert (newest if made[newest] else None) == watcher.compact_as, f"order {number}"


def test_subscribing_again_keeps_what_was_acknowledged(
    connections: Connections, connection: Connection, table: Table
) -> None:
    """The device is the same one."""
    connections.subscribe(connection, JOB)
    connections.acknowledge(connection, JOB, 7)
    connections.subscribe(connection, JOB, compact=True)

    assert [7] == [row["ackedSeq"] for row in table.query(f"JOB#{JOB}", "CONN#")]


def test_the_newest_acknowledgement_stays(
    connections: Connections, connection: Connection, table: Table
) -> None:
    """Acks may overtake each other, and one for a job that is not watched is ignored."""
    connections.subscribe(connection, JOB)

    news = [connections.acknowledge(connection, JOB, seq) for seq in (3, 9, 5)]
    strange = connections.acknowledge(connection, OTHER, 1)

    (row,) = table.query(f"JOB#{JOB}", "CONN#")
    assert ([True, True, False], False, 9) == (news, strange, row["ackedSeq"])
