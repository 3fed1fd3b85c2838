"""The console, in a real browser, on the project's own template."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect
from websockets.exceptions import ConnectionClosed

from tests.e2e.browser import watched_page
from tests.e2e.conftest import System, new_id
from tests.e2e.console.steps import choose_connection, go, open_console, rows, run_job

HOSTILE = '</pre><img src=x onerror="window.hacked = 1"><script>window.hacked = 1</script>‮'


# what is seen


def test_activity_shows_a_job_as_it_runs(page: Page, system: System) -> None:
    """Connections, frames both ways and invocations appear without a reload, each in one line."""
    run_job(system)

    for line in (
        re.compile("connect.*WebSocketApi"),
        re.compile(r"frame in.*\$default.*ready"),
        re.compile("StartEnrichmentFunction.*POST /api/enrichment/start"),
        re.compile("EnrichChunkFunction.*sqs"),
        re.compile("frame out.*job_progress|frame out.*progress"),
        re.compile("frame out.*complete"),
        re.compile("disconnect.*1000"),
    ):
        expect(rows(page, line).last).to_be_visible()


def test_an_invocation_is_shown_whole(page: Page, system: System) -> None:
    """Event, answer, log, duration, and whether it began cold."""
    run_job(system)
    rows(page, "StartEnrichmentFunction").last.click()

    shown = page.get_by_role("article", name="Invocation of StartEnrichmentFunction")
    expect(shown).to_contain_text(re.compile(r"Duration\s*[\d.]+ m?s"))
    expect(shown).to_contain_text(re.compile("Startcold|Startwarm"))
    expect(shown.get_by_label("Response")).to_contain_text('"statusCode": 202')
    expect(shown.get_by_label("Log")).to_contain_text("REPORT RequestId")
    expect(shown.get_by_label("Event")).to_contain_text('"routeKey": "POST /api/enrichment/start"')


def test_json_within_json_is_unfolded_on_demand(page: Page, system: System) -> None:
    """A body is text in the event; it is shown as what it holds when asked for, and as it was again."""
    run_job(system)
    rows(page, "StartEnrichmentFunction").last.click()
    response = page.locator("section.text").filter(has=page.get_by_label("Response"))
    expect(response.get_by_label("Response")).to_contain_text('\\"totalItems\\":3')

    response.get_by_role("button", name="Unfold").click()
    expect(response.get_by_label("Response")).to_contain_text('"totalItems": 3')
    response.get_by_role("button", name="Unfold").click()
    expect(response.get_by_label("Response")).to_contain_text('\\"totalItems\\":3')


def test_the_history_that_was_there_before_the_page_is_shown(
    browser: Browser, system: System, page: Page
) -> None:
    """It is kept whether a page is open or not, and the page tells how much of it there may be."""
    run_job(system)
    with watched_page(browser) as late:
        open_console(late, system)

        expect(rows(late, re.compile("frame out.*complete")).last).to_be_visible()
        expect(late.locator("#history")).to_have_text(
            re.compile(r"kept: [\d,]+ of 2,000 frames, \d+ of 500 invocations")
        )


def test_activity_is_filtered_by_text_and_kind(page: Page, system: System) -> None:
    """What does not fit disappears, and comes back."""
    run_job(system)
    expect(rows(page, "frame out").last).to_be_visible()

    page.get_by_label("Filter activity").fill("StartEnrichment")
    expect(rows(page, "frame out")).to_have_count(0)
    expect(rows(page, "StartEnrichmentFunction").first).to_be_visible()

    page.get_by_label("Filter activity").fill("")
    page.get_by_label("invocations").uncheck()
    expect(rows(page, "StartEnrichmentFunction")).to_have_count(0)
    expect(rows(page, "frame out").last).to_be_visible()


def test_lines_are_chosen_by_keyboard(page: Page, system: System) -> None:
    """Tab reaches the list; arrows, Home and End go through it."""
    run_job(system)
    expect(rows(page, "frame out").last).to_be_visible()
    listed = page.get_by_role("listbox")

    listed.focus()
    page.keyboard.press("Home")
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").nth(1)).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("article")).to_be_visible()


# what can be done


def test_a_client_in_the_page_connects_and_sends(page: Page, system: System) -> None:
    """To any path of a WebSocket API, with a query; what it receives is shown beside what it sent."""
    go(page, "Connections")
    page.get_by_label("API", exact=True).select_option("/ws/progress")
    page.get_by_label("Query").fill(f"jobId={new_id()}")
    page.get_by_role("button", name="Connect").click()
    own = page.get_by_role("article", name="Client of this page")
    expect(own).to_contain_text("Stateopen")

    own.get_by_label("Frame to send").fill('{"type": "ready"}')
    own.get_by_role("button", name="Send").click()

    expect(own.locator(".frame").filter(has_text="sent").filter(has_text="ready")).to_be_visible()
    expect(own.locator(".frame").filter(has_text="received").filter(has_text="ready_ack")).to_be_visible()
    own.get_by_role("button", name="Close").click()
    expect(own).to_contain_text("Stateclosed 1000")


def test_a_refused_client_is_told_so(browser: Browser, system: System) -> None:
    """Where $connect says no, the page says that, and Activity by what status."""
    with watched_page(browser, complaint="WebSocket connection to") as page:
        open_console(page, system, "connections")
        page.get_by_label("Query").fill("jobId=no-such-thing")
        page.get_by_role("button", name="Connect").click()
        expect(page.get_by_role("article")).to_contain_text("Staterefused")

        go(page, "Activity")
        expect(rows(page, "refused").last).to_contain_text("WebSocketApi answered 400")


def test_a_connection_is_posted_to(page: Page, system: System) -> None:
    """The client gets the message, and the page shows that it went."""
    with system.listen(new_id()) as socket:
        shown = choose_connection(page, socket)
        shown.get_by_label("Message to the client").fill('{"hello": "from the console"}')
        shown.get_by_role("button", name="Post").click()

        assert {"hello": "from the console"} == json.loads(socket.recv(timeout=20))
        expect(shown.locator(".frame").filter(has_text="from the console")).to_be_visible()


@pytest.mark.parametrize(("button", "code"), [("Close", 1000), ("Drop", 1006)])
def test_a_connection_is_ended(page: Page, system: System, button: str, code: int) -> None:
    """By a close frame, or by breaking it; the page then shows what $disconnect was told."""
    with system.listen(new_id()) as socket:
        shown = choose_connection(page, socket)
        shown.get_by_role("button", name=button).click()

        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=20)
    assert code == (closed.value.rcvd.code if closed.value.rcvd else 1006)
    expect(shown).to_contain_text(f"Ended{code}")
    expect(shown.get_by_role("button", name="Post")).to_be_disabled()


def test_a_function_is_invoked_with_a_fixture_and_with_an_edited_event(page: Page, system: System) -> None:
    """The files of events/ are offered; what comes back is shown with its log."""
    go(page, "Functions")
    page.get_by_role("option", name=re.compile("^JobsFunction")).click()
    form = page.get_by_role("form", name="Invoke JobsFunction")
    form.get_by_label("Fixture").select_option("http_get_job")
    expect(form.get_by_label("Event")).to_have_value(re.compile('"routeKey": "GET /api/jobs/{jobId}"'))
    form.get_by_role("button", name="Invoke").click()
    result = page.get_by_role("article", name="Invocation of JobsFunction")
    expect(result.get_by_label("Response")).to_contain_text('"statusCode": 404')
    expect(result.get_by_label("Log")).to_contain_text("START RequestId")

    form.get_by_label("Event").fill('{"no": "route"}')
    form.get_by_role("button", name="Invoke").click()
    expect(result.get_by_label("Event")).to_contain_text('"no": "route"')


def test_an_event_that_is_no_json_is_refused(page: Page) -> None:
    """Nothing is invoked, and the form says where the event is wrong."""
    go(page, "Functions")
    form = page.get_by_role("form")
    form.get_by_label("Event").fill("{nope")
    form.get_by_role("button", name="Invoke").click()

    expect(form).to_contain_text("The event is no JSON")
    expect(page.get_by_role("article", name="Invocation of ")).to_have_count(0)


def test_queues_are_seen_peeked_into_and_purged(page: Page, system: System) -> None:
    """To peek is not to receive: the message stays as it was."""
    sqs = system.client("sqs")
    url = sqs.get_queue_url(QueueName="local-DeadLetterQueue")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody='{"late": "letter"}', DelaySeconds=600)
    go(page, "Queues")
    row = page.get_by_role("row").filter(has_text="dead letters of")
    expect(row.get_by_role("cell").nth(2)).to_have_text("1")

    row.get_by_role("button", name="Peek").click()
    expect(page.locator(".frame")).to_contain_text("delayed")
    page.locator(".frame summary").click()
    expect(page.get_by_label("Body")).to_contain_text('"late": "letter"')

    page.once("dialog", lambda dialog: dialog.accept())
    row.get_by_role("button", name="Purge").click()
    expect(row.get_by_role("cell").nth(2)).to_have_text("0")


def test_rows_of_a_table_are_seen(page: Page, system: System) -> None:
    """All, or those of one partition; a row opens to show the whole of it."""
    job_id = run_job(system)
    go(page, "Tables")
    page.get_by_label("Partition key").fill(f"JOB#{job_id}")
    page.get_by_role("button", name="Read").click()
    expect(page.get_by_role("row").filter(has_text=job_id).first).to_be_visible()

    page.get_by_role("row").filter(has_text=job_id).first.get_by_role("button").click()
    expect(page.get_by_role("article", name="Row")).to_contain_text(f'"pk": "JOB#{job_id}"')


def test_apis_and_routes_are_listed(page: Page) -> None:
    """With the function that each leads to, and where the APIs are."""
    go(page, "APIs")

    expect(page.get_by_role("row").filter(has_text="$connect")).to_contain_text("ConnectFunction")
    expect(page.get_by_role("row").filter(has_text="POST /api/enrichment/start")).to_contain_text(
        "StartEnrichmentFunction"
    )
    expect(page.get_by_role("main")).to_contain_text("/ws/progress")


def test_the_page_comes_back_when_its_feed_breaks(browser: Browser, system: System) -> None:
    """It says so meanwhile, and then shows what it has missed."""
    feeds: list[WebSocketRoute] = []

    def through(feed: WebSocketRoute) -> None:
        feed.connect_to_server()
        feeds.append(feed)

    with watched_page(browser) as page:
        page.route_web_socket(re.compile("/_console/events"), through)
        open_console(page, system)
        feeds[0].close()
        expect(page.get_by_role("status").filter(has_text="Emulator away, trying again")).to_be_visible()
        job_id = run_job(system)

        expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
        page.get_by_label("Filter activity").fill(job_id)
        expect(rows(page, re.compile("frame out.*complete"))).to_be_visible()
    assert len(feeds) > 1


# what must never happen


def test_hostile_text_is_shown_as_text(page: Page, system: System) -> None:
    """Whatever a frame, an event, a message or a row holds, it never becomes part of the page."""
    with system.listen(new_id(), ready=False) as socket:
        socket.send(HOSTILE)
        line = rows(page, "onerror=").first
        expect(line).to_contain_text('<img src=x onerror="window.hacked = 1">')
        line.click()
        expect(page.get_by_label("Message")).to_have_text(HOSTILE)

        shown = choose_connection(page, socket)
        frame = shown.locator(".frame").filter(has_text="onerror=").first
        frame.locator("summary").click()
        expect(frame.get_by_label("Message")).to_have_text(HOSTILE)

    assert 0 == page.locator("main img, main script").count()
    assert page.evaluate("window.hacked === undefined")


def test_a_long_message_is_shown_in_part_until_all_is_asked_for(page: Page, system: System) -> None:
    """A list shows its beginning; the whole is fetched when somebody wants it."""
    text = json.dumps({"long": "x" * 60_000, "end": "here"})
    with system.listen(new_id()) as socket:
        shown = choose_connection(page, socket)
        shown.get_by_label("Message to the client").fill(text)
        shown.get_by_role("button", name="Post").click()
        frame = shown.locator(".frame").filter(has_text="xxxx").first
        frame.locator("summary").click()
        message = frame.get_by_label("Message")
        expect(message).not_to_contain_text("here")

        frame.get_by_role("button", name="Show all").click()
        expect(message).to_contain_text('"end": "here"')
