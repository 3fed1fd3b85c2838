"""Which of a bucket's CORS rules applies, and what it answers."""

from __future__ import annotations

import pytest

from local_emulator.http1 import Request
from local_emulator.store.server.s3.cors import Rule, preflight, response_headers
from local_emulator.store.server.s3.errors import S3Error

PAGE = "https://books.example"
READ = Rule(
    origins=(PAGE,), methods=("GET", "HEAD"), headers=("X-Amz-*", "range"), exposed=("ETag",), max_age=600
)
UPLOAD = Rule(origins=("https://*.example", "http://localhost:*"), methods=("POST",))
ANYBODY = Rule(origins=("*",), methods=("GET",))


def asked(method: str, origin: str = PAGE, headers: str = "", *, verb: str = "OPTIONS") -> Request:
    sent = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }
    return Request(verb, "/bucket", [(name, value) for name, value in sent.items() if value])


def refusal(request: Request, rules: list[Rule] | None) -> tuple[int, str, str, dict[str, object]]:
    with pytest.raises(S3Error) as raised:
        preflight(request, rules, resource_type="BUCKET")
    return raised.value.status, raised.value.code, raised.value.message, raised.value.extra


def test_preflight_gets_what_the_rule_allows() -> None:
    """Origin, methods, the headers that were asked for, what may be read, and how long to remember it."""
    answer = preflight(asked("GET", headers="X-Amz-Date, Range"), [UPLOAD, READ], resource_type="BUCKET")

    assert (200, b"") == (answer.status, answer.body)
    assert [
        ("Access-Control-Allow-Origin", PAGE),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Methods", "GET, HEAD"),
        ("Access-Control-Allow-Headers", "x-amz-date, range"),
        ("Access-Control-Expose-Headers", "ETag"),
        ("Access-Control-Max-Age", "600"),
        ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"),
    ] == list(answer.headers)


def test_first_rule_that_matches_counts() -> None:
    """Later ones are not looked at."""
    assert ("Access-Control-Allow-Origin", PAGE) in response_headers(asked("GET"), [READ, ANYBODY])
    assert ("Access-Control-Allow-Origin", "*") in response_headers(asked("GET"), [ANYBODY, READ])


def test_any_origin_is_answered_with_a_star_and_without_credentials() -> None:
    """As S3 does it."""
    headers = dict(response_headers(asked("GET", "http://else.test"), [ANYBODY]))

    assert "*" == headers["Access-Control-Allow-Origin"]
    assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://books.example", True),
        ("https://a.books.example", True),
        ("http://localhost:3000", True),
        ("http://books.example", False),
        ("https://books.example.evil", False),
        ("https://booksXexample", False),
        ("https://", False),
    ],
)
def test_star_in_an_origin_stands_for_any_text(origin: str, allowed: bool) -> None:
    """And everything else for itself, from the first character to the last."""
    assert allowed == bool(response_headers(asked("POST", origin), [UPLOAD]))


@pytest.mark.parametrize(
    "request_",
    [
        asked("DELETE"),
        asked("GET", "https://else.test"),
        asked("GET", headers="authorization"),
        asked("GET", headers="x-amz-date, authorization"),
        asked(""),
    ],
    ids=["method", "origin", "header", "one header of two", "no method"],
)
def test_preflight_that_no_rule_allows_is_forbidden(request_: Request) -> None:
    """AccessForbidden, 403."""
    status, code, message, extra = refusal(request_, [READ])

    assert (403, "AccessForbidden") == (status, code)
    assert message.startswith("CORSResponse: This CORS request is not allowed.")
    assert "BUCKET" == extra["ResourceType"]


def test_preflight_without_rules_is_forbidden() -> None:
    """CORS is off until it is configured."""
    assert (
        403,
        "AccessForbidden",
        "CORSResponse: CORS is not enabled for this bucket.",
        {"Method": "PUT", "ResourceType": "BUCKET"},
    ) == refusal(asked("PUT"), [])


def test_preflight_to_no_bucket_is_forbidden() -> None:
    """And not a 404."""
    status, code, message, _ = refusal(asked("PUT"), None)

    assert (403, "AccessForbidden", "CORSResponse: Bucket not found") == (status, code, message)


def test_preflight_needs_an_origin() -> None:
    """BadRequest, 400, bucket or not."""
    status, code, message, _ = refusal(asked("PUT", origin=""), None)

    assert (400, "BadRequest") == (status, code)
    assert "Insufficient information. Origin request header needed." == message


def test_actual_request_is_judged_by_its_method() -> None:
    """And gets nothing on top where no rule allows it, or where it is not cross-origin."""
    assert ("Access-Control-Allow-Origin", PAGE) in response_headers(asked("", verb="GET"), [READ])
    assert [] == response_headers(asked("", verb="DELETE"), [READ])
    assert [] == response_headers(asked("", origin="", verb="GET"), [READ])
