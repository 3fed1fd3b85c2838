"""Following a job by its record: the same states as on the socket, and no end but the job's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

import bookstrack
from bookstrack import BooksTrackError, Job, ProblemError, ProtocolError, UnreachableError, polling
from bookstrack.polling import GIVE_UP_SECONDS, is_final
from tests.unit.bookstrack.played import JOB_ID, Answer, Played, gives, playing, record_of, started, state
from tests.waiting import until

START, RECORD = "POST /api/enrichment/start", f"GET /api/jobs/{JOB_ID}"
HALF, END = state(JOB_ID, 2, processed=5), state(JOB_ID, 3, "complete", processed=10)


@pytest.fixture
async def server() -> AsyncIterator[Played]:
    async with playing() as played:
        played.answers[START] = started(10)
        played.answers[RECORD] = gives(record_of(END))
        yield played


@pytest.fixture
def without_socket(server: Played) -> None:
    server.refusals = [web.Response(status=403)]


async def started_job(client: bookstrack.Client) -> Job:
    return await client.enrich(["OL1W"], job_id=JOB_ID)


def garbage(_: object) -> web.Response:
    return web.Response(text="<html>Sign in to the network</html>", content_type="text/html")


@pytest.mark.parametrize(
    "refusal",
    [
        gives({"detail": "not known here"}, status=404),
        gives({}, status=408),
        gives({}, 429, **{"Retry-After": "0"}),
        gives({"message": "Too Many Requests"}, 429, **{"Retry-After": "31"}),
        gives({"message": "Internal Server Error"}, status=500),
        gives({}, status=501),
        gives({}, status=503),
        garbage,
        gives([]),
    ],
)
async def test_a_refusal_in_passing_ends_no_wait(
    server: Played, without_socket: None, monkeypatch: pytest.MonkeyPatch, refusal: Answer
) -> None:
    """Neither does a socket that cannot be had."""
    monkeypatch.setattr(polling, "LONGEST_WAIT_SECONDS", 0.1)
    server.answers[RECORD] = [refusal, gives(record_of(HALF)), gives({}, status=304), gives(record_of(END))]

    async with bookstrack.connect(server.url) as client:
        states = [(update.seq, update.status) async for update in await started_job(client)]

    assert [(2, "running"), (3, "completed")] == states


@pytest.mark.parametrize("status", [400, 401, 403, 410])
async def test_a_refusal_for_good_is_told(server: Played, without_socket: None, status: int) -> None:
    """To whoever waits; when that is mended, the wait goes on."""
    server.answers[RECORD] = [gives({"detail": "No."}, status=status), gives(record_of(END))]

    async with bookstrack.connect(server.url) as client:
        job = await started_job(client)
        with pytest.raises(ProblemError, match=r"No\.") as refused:
            [update async for update in job]
        again = [update.status async for update in job]

    assert (status, ["completed"]) == (refused.value.status, again)


async def test_while_the_socket_shows_the_job_no_refusal_of_its_record_matters(
    server: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quiet job is looked after, no more."""
    monkeypatch.setattr(polling, "QUIET_SECONDS", 0.0)
    server.answers[RECORD] = gives({}, status=403)

    async with bookstrack.connect(server.url) as client:
        job = await started_job(client)
        await until(lambda: RECORD in server.what())
        await server.lines[0].send(**END)
        states = [update.status async for update in job]

    assert ["completed"] == states


async def test_a_last_frame_that_was_lost_is_found_on_record(
    server: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An open socket that shows nothing proves nothing."""
    monkeypatch.setattr(polling, "QUIET_SECONDS", 0.2)

    async with bookstrack.connect(server.url) as client:
        states = [update.status async for update in await started_job(client)]

    assert ["completed"] == states
    assert "ready" in server.what()


@pytest.mark.parametrize(
    ("refusal", "error"), [(gives({"detail": "gone"}, status=404), ProblemError), (garbage, ProtocolError)]
)
async def test_after_long_without_socket_and_record_the_caller_is_told(
    server: Played,
    without_socket: None,
    monkeypatch: pytest.MonkeyPatch,
    refusal: Answer,
    error: type[BooksTrackError],
) -> None:
    """With the last reason."""
    monkeypatch.setattr(polling, "GIVE_UP_SECONDS", 0.1)
    monkeypatch.setattr(polling, "AGAIN_SECONDS", 0.2)
    server.answers[RECORD] = refusal

    async with bookstrack.connect(server.url) as client:
        job = await started_job(client)
        with pytest.raises(error):
            [update async for update in job]


async def test_the_record_is_asked_no_sooner_than_it_says(server: Played, without_socket: None) -> None:
    """Retry-After, of an answer and of a refusal."""
    server.answers[RECORD] = [
        gives(record_of(HALF), 200, **{"Retry-After": "1"}),
        gives({}, 404, **{"Retry-After": "1"}),
        gives(record_of(END)),
    ]

    async with bookstrack.connect(server.url) as client:
        [update async for update in await started_job(client)]

    first, second, third = (asked.at for asked in server.asked if asked.what == RECORD)
    assert second - first >= 1
    assert third - second >= 1


async def test_socket_and_record_may_take_turns(server: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same states, each once, whichever way they come."""
    monkeypatch.setattr(polling, "POLL_AFTER_SECONDS", 0.0)
    frames = [state(JOB_ID, seq, processed=seq) for seq in range(1, 6)]
    server.answers[RECORD] = [gives(record_of(frames[2])), gives(record_of(frames[3])), gives(record_of(END))]

    async with bookstrack.connect(server.url) as client:
        job = await started_job(client)
        updates = aiter(job)
        await server.lines[0].send(**frames[0])
        seen = [await anext(updates)]
        await server.lines[0].send(**frames[1])
        seen.append(await anext(updates))
        server.refusals = [web.Response(status=500) for _ in range(3)] + [web.Response(status=403)]
        await server.lines[0].socket.close(code=1011)
        seen.append(await anext(updates))
        seen.append(await anext(updates))

    assert [1, 2, 3, 4] == [update.seq for update in seen]
    assert [frame["data"]["processedItems"] for frame in frames[:4]] == [update.processed for update in seen]


async def test_nobody_asks_for_a_job_that_has_ended(server: Played) -> None:
    """Though nobody has iterated over it yet."""
    async with bookstrack.connect(server.url) as client:
        job = await started_job(client)
        await server.lines[0].send(**END)
        await until(lambda: server.lines[0].of("unsubscribe"))
        result = [update.status async for update in job]

    assert ["completed"] == result
    assert RECORD not in server.what()


@pytest.mark.parametrize(
    ("error", "at_once", "later"),
    [
        (UnreachableError("http://x", "connection refused"), False, True),
        (ProtocolError("no JSON"), False, True),
        *((ProblemError(status, "", "", ""), False, True) for status in (404, 408, 425, 429, 500, 503, 599)),
        *((ProblemError(status, "", "", ""), True, True) for status in (301, 400, 401, 403, 409, 410, 422)),
    ],
)
def test_what_ends_a_wait(error: BooksTrackError, at_once: bool, later: bool) -> None:
    """A refusal for good at once, everything else when nothing has been heard for two minutes."""
    assert at_once is is_final(error, 0)
    assert later is is_final(error, GIVE_UP_SECONDS + 1)
