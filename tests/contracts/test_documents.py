"""docs/openapi.yaml and docs/asyncapi.yaml: current, valid, and all that is held against them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis

from progress import protocol
from tests.contract import Contract, contract, load
from tools.contracts import __main__ as documents
from tools.contracts import asyncapi, openapi
from tools.contracts.operations import OPERATIONS
from tools.contracts.routes import routes

ASYNCAPI_SCHEMA = Path(__file__).parent / "node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json"
JOB = "550e8400-e29b-41d4-a716-446655440000"
JSON = {"content-type": "application/json"}
STATE = {
    "progress": 0.5,
    "processedItems": 1,
    "totalItems": 2,
    "failedItems": 0,
    "currentStatus": "Enriching: Emma",
}
PROGRESS = {"type": "progress", "jobId": JOB, "timestamp": 1, "seq": 1, "data": STATE}
PROBLEM = {"type": "urn:progress:problem:not-found", "title": "None", "status": 404, "detail": "None such."}


def test_the_documents_are_what_the_code_says() -> None:
    """Otherwise: make contracts."""
    assert [] == documents.differences()


def test_the_http_document_is_openapi_3_1() -> None:
    """By the OpenAPI Initiative's own schema."""
    schemathesis.openapi.from_dict(load("openapi.yaml")).validate()


def test_the_frames_document_is_asyncapi_3_0() -> None:
    """By the AsyncAPI Initiative's own schema, which `make test` installs from npm."""
    official = json.loads(ASYNCAPI_SCHEMA.read_text(encoding="utf-8"))

    found = jsonschema_rs.Draft7Validator(official).iter_errors(load("asyncapi.yaml"))
    assert [] == [error.message for error in found]


@pytest.mark.parametrize("name", ["openapi.yaml", "asyncapi.yaml"])
def test_every_schema_is_one_and_every_reference_leads_somewhere(name: str) -> None:
    """Schemas are of JSON Schema 2020-12."""
    document = load(name)
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    for reference in references(document):
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def references(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [each for inner in value.values() for each in references(inner)]
    return [each for inner in value for each in references(inner)] if isinstance(value, list) else []


def test_every_route_is_documented_and_every_documented_route_is_there() -> None:
    """Both ways."""
    described = {
        (method.upper(), path) for path, item in load("openapi.yaml")["paths"].items() for method in item
    }

    assert set(routes()) == described


def test_a_route_that_is_not_documented_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The generator refuses, rather than leave it out."""
    monkeypatch.delitem(OPERATIONS, ("POST", "/api/uploads"))

    with pytest.raises(openapi.ContractError, match="POST /api/uploads"):
        openapi.document("1")


def test_every_frame_is_documented() -> None:
    """Those of both sides, each once, by its type."""
    messages = load("asyncapi.yaml")["components"]["messages"]

    frames = [*asyncapi.client_frames(), *asyncapi.server_frames()]
    assert [asyncapi.name_of(frame) for frame in frames] == list(messages)


def test_a_model_that_changed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--check` shows the lines and fails."""
    monkeypatch.setattr(protocol.Pong, "__doc__", "Another answer.")
    monkeypatch.setattr("sys.argv", ["contracts", "--check"])

    assert any(line.startswith("+") and "Another answer." in line for line in documents.differences())
    assert 1 == documents.main()


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        ("{", "not JSON"),
        ("[]", "none of those documented"),
        (json.dumps({"type": "ping"}), "none of those documented"),
        (json.dumps({**PROGRESS, "seq": "1"}), "/seq"),
        (json.dumps({**PROGRESS, "more": 1}), "more"),
        (json.dumps({**PROGRESS, "data": {}}), "is a required property at /data"),
        (json.dumps({"message": "Internal server error"}), "connectionId"),
    ],
)
def test_a_frame_that_is_not_as_documented_is_told(frame: str, fault: str) -> None:
    """A field that nobody could know of is a fault, too."""
    assert fault in contract().faults_of_frame(frame)[0]


def test_a_frame_as_documented_has_no_faults() -> None:
    """Ours, and the gateway's."""
    gateway = {"message": "Too Many Requests", "connectionId": "a=", "requestId": "b="}

    assert [] == contract().faults_of_frame(json.dumps(PROGRESS))
    assert [] == contract().faults_of_frame(json.dumps(gateway))


@pytest.mark.parametrize(
    ("method", "path", "status", "headers", "body", "fault"),
    [
        ("GET", f"/api/jobs/{JOB}", 418, JSON, "{}", "status is not documented"),
        ("GET", f"/api/jobs/{JOB}", 404, JSON, json.dumps(PROBLEM), "application/json is not documented"),
        ("GET", f"/api/jobs/{JOB}", 304, {"etag": '"1"'}, "null", "a body where none is documented"),
        ("GET", f"/api/jobs/{JOB}", 304, {}, "", "the header ETag is missing"),
        ("POST", "/api/uploads", 201, JSON, "{}", "imageKey"),
        ("POST", "/api/uploads", 201, JSON, "", "not JSON"),
        ("GET", "/elsewhere", 200, JSON, "{}", "status is not documented"),
        ("GET", "/elsewhere", 404, JSON, json.dumps(PROBLEM), "type"),
        ("OPTIONS", "/api/uploads", 200, {}, "", "preflight"),
    ],
)
def test_an_answer_that_is_not_as_documented_is_told(
    method: str, path: str, status: int, headers: dict[str, str], body: str, fault: str
) -> None:
    """Its status, a header, its kind, or a field."""
    assert fault in contract().faults_of_answer(method, path, status, headers, body)[0]


def test_an_answer_as_documented_has_no_faults() -> None:
    """A function's problem, and the gateway's own word for a path that leads nowhere."""
    problem = {"content-type": "application/problem+json"}

    assert [] == contract().faults_of_answer("GET", f"/api/jobs/{JOB}", 404, problem, json.dumps(PROBLEM))
    assert [] == contract().faults_of_answer("GET", "/elsewhere", 404, JSON, '{"message": "Not Found"}')


def test_a_record_is_held_against_both_documents(tmp_path: Path) -> None:
    """What clients sent is theirs; what they got is not."""
    record = tmp_path / "record.jsonl"
    lines = [
        {"kind": "in", "connectionId": "a=", "text": "nonsense"},
        {"kind": "out", "connectionId": "a=", "text": "nonsense"},
        {"kind": "out", "connectionId": "a=", "text": '{"s":1,"n":0,"t":2,"x":"Starting"}'},
        {"kind": "in", "connectionId": "b=", "text": '{"type":"ready","encoding":"compact"}'},
        {"kind": "out", "connectionId": "b=", "text": '{"j":1,"s":1,"n":0,"t":2,"x":"Starting"}'},
        {"kind": "http", "method": "GET", "target": "/x?a", "status": 200, "headers": [], "body": ""},
    ]
    record.write_text("".join(json.dumps(line) + "\n" for line in lines))

    frame, compact, answer = Contract(load("openapi.yaml"), load("asyncapi.yaml")).faults_of_record(record)
    assert "not JSON" in frame
    assert "did not ask" in compact
    assert "GET /x 200" in answer
