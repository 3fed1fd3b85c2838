"""Holds what the system sends against docs/openapi.yaml and docs/asyncapi.yaml, wherever the tests see it.

Stricter than a client may be: a field that a document does not name is a fault, since nobody could know of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from tools.contracts.openapi import matches

DOCS = Path(__file__).parents[1] / "docs"
_GATEWAY_MESSAGE = {"$ref": "#/components/schemas/GatewayMessage"}


def load(name: str) -> dict[str, Any]:
    """A document, such as `openapi.yaml`."""
    document: dict[str, Any] = yaml.load((DOCS / name).read_text(encoding="utf-8"), yaml.CSafeLoader)
    return document


@cache
def contract() -> Contract:
    """The project's."""
    return Contract(load("openapi.yaml"), load("asyncapi.yaml"))


class Contract:
    """Two documents. What does not keep to them is told as texts; none where all is well."""

    def __init__(self, openapi: dict[str, Any], asyncapi: dict[str, Any]) -> None:
        self._paths: dict[str, dict[str, Any]] = openapi["paths"]
        self._http = _Schemas(openapi)
        self._frames = _Schemas(asyncapi)
        messages = asyncapi["components"]["messages"]
        self._sent = {
            message: messages[message]["payload"]
            for message in (ref["$ref"].rpartition("/")[2] for ref in _sent(asyncapi))
        }

    def faults_of_frame(self, text: str | bytes) -> list[str]:
        """What is wrong with a frame of the server's."""
        try:
            frame = json.loads(text)
        except ValueError:
            return [f"a frame is not JSON: {text[:200]!r}"]
        name = _name_of(frame)
        if name not in self._sent:
            return [f"a frame is none of those documented: {text[:200]!r}"]
        return [f"{name}: {fault}: {text[:200]!r}" for fault in self._frames.faults(self._sent[name], frame)]

    def faults_of_answer(
        self, method: str, path: str, status: int, headers: Mapping[str, str], body: str | None
    ) -> list[str]:
        """What is wrong with an answer; names of headers are in lower case, `body` None is one that is no text."""
        return [
            f"{method} {path} {status}: {fault}"
            for fault in self._faults_of_answer(method, path, status, headers, body)
        ]

    def _faults_of_answer(
        self, method: str, path: str, status: int, headers: Mapping[str, str], body: str | None
    ) -> Iterator[str]:
        if method == "OPTIONS":
            # The gateway answers those itself, for browsers.
            if status != 204 or body:
                yield "a preflight is answered by an empty 204"
            return
        described = self._answer(method, path, status)
        if described is None:
            yield f"the status is not documented: {body}"
            return
        names = [name for name, header in described.get("headers", {}).items() if header.get("required")]
        yield from (f"the header {name} is missing" for name in names if name.lower() not in headers)
        content = described.get("content")
        if content is None:
            if body:
                yield f"a body where none is documented: {body[:200]}"
            return
        kind = headers.get("content-type", "").partition(";")[0]
        if kind not in content:
            yield f"{kind} is not documented: {(body or '')[:200]}"
        elif "schema" in content[kind]:
            yield from self._faults_of_body(content[kind]["schema"], body)

    def _answer(self, method: str, path: str, status: int) -> dict[str, Any] | None:
        for template, item in self._paths.items():
            if method.lower() in item and matches(template, path):
                found: dict[str, Any] | None = item[method.lower()]["responses"].get(str(status))
                return found
        unknown = {"content": {"application/json": {"schema": _GATEWAY_MESSAGE}}}
        return unknown if status == 404 else None

    def _faults_of_body(self, schema: dict[str, Any], body: str | None) -> Iterator[str]:
        try:
            value = json.loads(body or "")
        except ValueError:
            yield f"the body is not JSON: {(body or '')[:200]}"
            return
        yield from (f"{fault}: {(body or '')[:200]}" for fault in self._http.faults(schema, value))

    def faults_of_record(self, path: Path) -> list[str]:
        """What is wrong with all that an emulator sent, as it recorded it with `--record`."""
        faults: list[str] = []
        compact: set[str] = set()
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                entry = json.loads(line)
                if entry["kind"] == "in" and '"compact"' in entry["text"]:
                    compact.add(entry["connectionId"])
                elif entry["kind"] == "out":
                    faults += self.faults_of_frame(entry["text"])
                    if entry["text"].startswith(('{"j"', '{"s"')) and entry["connectionId"] not in compact:
                        faults.append(f"a compact frame for who did not ask for it: {entry['text'][:200]}")
                elif entry["kind"] == "http":
                    faults += self.faults_of_answer(
                        entry["method"],
                        entry["target"].partition("?")[0],
                        entry["status"],
                        {name.lower(): value for name, value in entry["headers"]},
                        entry.get("body"),
                    )
        return faults


class _Schemas:
    """Validators of one document's schemas, made when they are first asked for."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._components = _closed(document["components"]["schemas"])
        self._validators: dict[str, Any] = {}

    def faults(self, schema: dict[str, Any], value: Any) -> list[str]:
        key = json.dumps(schema)
        if key not in self._validators:
            whole = {**schema, "components": {"schemas": self._components}}
            self._validators[key] = jsonschema_rs.Draft202012Validator(whole)
        return [
            f"{error.message} at /{'/'.join(map(str, error.instance_path))}"
            for error in self._validators[key].iter_errors(value)
        ]


def _closed(schema: Any) -> Any:
    """The same, with no room for fields that it does not name."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(each) for key, each in schema.items()}
    return {"additionalProperties": False, **closed} if isinstance(schema.get("properties"), dict) else closed


def _sent(asyncapi: dict[str, Any]) -> Iterator[dict[str, str]]:
    for operation in asyncapi["operations"].values():
        if operation["action"] == "send":
            yield from operation["messages"]


def _name_of(frame: Any) -> str | None:
    """Its type; compact frames and the gateway's own have none."""
    if not isinstance(frame, dict):
        return None
    return str(frame.get("type", "compact" if "s" in frame else "gatewayError"))
