"""`--record FILE`: what clients sent and got, on file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from local_emulator.errors import StartError
from local_emulator.journal import Journal
from local_emulator.testing import TestEmulator
from tests.integration.emulator.helpers import TEMPLATE


def recorded(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_requests_and_frames_are_written_down_whole_and_in_order(tmp_path: Path) -> None:
    """Both ways, with what belongs to which connection; a body that is no text in base64; the end included."""
    path = tmp_path / "record.jsonl"
    with TestEmulator(TEMPLATE, data_folder=tmp_path, record=path) as emulator:
        answer = emulator.http.get("/hits/emma?again=1")
        assert 404 == emulator.http.post("/nowhere", content=b"\xff\x00").status_code
        with connect(emulator.socket_url(), proxy=None) as socket:
            socket.send('{"action": "hé"}')
            echoed = socket.recv(timeout=20)

    requests = [entry for entry in recorded(path) if entry["kind"] == "http"]
    frames = [entry for entry in recorded(path) if entry["kind"] != "http"]
    assert [
        ("GET", "/hits/emma?again=1", "", 200, answer.text),
        ("POST", "/nowhere", None, 404, '{"message": "Not Found"}'),
    ] == [
        (each["method"], each["target"], each.get("requestBody"), each["status"], each["body"])
        for each in requests
    ]
    assert "/wA=" == requests[1]["requestBodyBase64"]
    assert ["content-type", "application/json"] in requests[1]["headers"]
    assert ["connect", "in", "out", "disconnect"] == [each["kind"] for each in frames]
    assert ('{"action": "hé"}', "$default", echoed) == (
        frames[1]["text"],
        frames[1]["routeKey"],
        frames[2]["text"],
    )
    assert 1 == len({each["connectionId"] for each in frames})
    assert sorted(each["at"] for each in frames) == [each["at"] for each in frames]


def test_a_record_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    """By the file's name and the system's reason, before anything is served."""
    with pytest.raises(StartError, match=r"cannot record into .*/nowhere/record\.jsonl: No such file"):
        Journal(tmp_path / "nowhere/record.jsonl")
