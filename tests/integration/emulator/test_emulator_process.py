"""`python -m local_emulator`, from outside."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.emulator.helpers import TEMPLATE, alive


@dataclass
class Running:
    """An emulator's process, ready."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]


def start(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.Popen(
        [sys.executable, "-m", "local_emulator", *arguments],
        env={**environment, "XDG_DATA_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    ready_file = tmp_path / "ready.json"
    process = start(tmp_path, "--template", str(TEMPLATE), "--port", "0", "--ready-file", str(ready_file))
    try:
        deadline = time.monotonic() + 30
        while not ready_file.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield Running(process, json.loads(ready_file.read_text()))
    finally:
        process.kill()
        process.communicate()


def gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def fail(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    process = start(tmp_path, *arguments)
    out, err = process.communicate(timeout=30)
    assert out == ""
    assert "Traceback" not in err
    return process.returncode, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_signal_stops_it_cleanly(running: Running, number: signal.Signals) -> None:
    """Exit 0, with no child left and nothing alarming in the log."""
    assert httpx.get(f"{running.ready['url']}/hits/a", timeout=20).json() == {"hits": 1, "path": "/hits/a"}
    children = running.children()
    assert len(children) >= 2

    running.process.send_signal(number)
    out, err = running.process.communicate(timeout=10)

    assert running.process.returncode == 0, err
    assert gone(children)
    assert "Traceback" not in err
    for text in ("Hits", "GET /hits/{name}", running.ready["url"], "/ws/general", "Ready after"):
        assert text in out
    assert "λ " in err


def test_kill_takes_the_children_along(running: Running) -> None:
    """However the emulator dies, nothing of it goes on running."""
    httpx.get(f"{running.ready['url']}/hits/a", timeout=20)
    children = running.children()
    assert len(children) >= 2

    running.process.kill()
    running.process.wait()

    assert gone(children)


def test_ready_file_tells_where_everything_is(running: Running) -> None:
    """What a test or a demo needs to use it, as JSON."""
    ready = running.ready

    assert ready["url"] == f"http://localhost:{ready['port']}"
    assert ready["pid"] == running.process.pid
    assert ready["outputs"]["SocketUrl"] == f"ws://localhost:{ready['port']}/dev"
    assert ready["environment"]["AWS_ENDPOINT_URL"] == ready["store_url"]


def test_taken_port_is_said(tmp_path: Path) -> None:
    """Exit 1 and the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, err = fail(tmp_path, "--template", str(TEMPLATE), "--port", str(port))

    assert code == 1
    assert f"port {port}" in err
    assert "--port" in err


@pytest.mark.parametrize(
    ("template", "arguments", "said"),
    [
        pytest.param(None, (), "there is no template", id="missing"),
        pytest.param("Resources: {A: [", (), "not valid YAML", id="not-yaml"),
        pytest.param("Description: x", (), "no Resources", id="no-resources"),
        pytest.param("Resources: {T: {Type: AWS::SNS::Topic}}", (), "no function and no API", id="no-api"),
        pytest.param("Resources: {}", ("--parameter-overrides", "A=1"), "no parameter A", id="parameter"),
        pytest.param("Resources: {}", ("--env-vars", "/nowhere.json"), "/nowhere.json", id="env-vars"),
    ],
)
def test_what_cannot_run_is_said(
    tmp_path: Path, template: str | None, arguments: tuple[str, ...], said: str
) -> None:
    """Exit 1 with one sentence, and no stack."""
    path = tmp_path / "template.yaml"
    if template is not None:
        path.write_text(template)

    code, err = fail(tmp_path, "--template", str(path), *arguments)

    assert code == 1
    assert err.startswith("error: ")
    assert said in err


@pytest.mark.parametrize(
    "arguments", [("--port", "99999"), ("--idle-timeout", "0"), ("--parameter-overrides", "novalue")]
)
def test_wrong_arguments_are_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Exit 2, as command lines do, with the argument named."""
    code, err = fail(tmp_path, *arguments)

    assert code == 2
    assert arguments[0] in err


def invoke(tmp_path: Path, *arguments: str, text: str = "") -> tuple[int, str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-m", "local_emulator", "invoke", *arguments, "--template", str(TEMPLATE)],
        env={**environment, "XDG_DATA_HOME": str(tmp_path)},
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def test_invoke_prints_the_answer_and_logs_elsewhere(tmp_path: Path) -> None:
    """The event comes from a file or standard input; what the function prints is no part of the answer."""
    event = tmp_path / "event.json"
    event.write_text('{"print": "{\\"forged\\": true}"}')

    code, out, err = invoke(tmp_path, "Misbehaving", "-e", str(event))

    assert code == 0
    assert "pid" in json.loads(out)
    assert '{"forged": true}' in err
    assert "λ " in err


def test_invoke_has_tables_and_other_functions(tmp_path: Path) -> None:
    """All that the template declares is there."""
    code, out, _ = invoke(tmp_path, "Caller", "-q", "-e", "-", text='{"payload": {"size": 3}}')

    assert (code, json.loads(out)["payload"]) == (0, '"xxx"')


@pytest.mark.parametrize(
    ("arguments", "text", "code", "said"),
    [
        (("Misbehaving", "-q", "-e", "-"), '{"raise": "no"}', 1, '"errorMessage": "no"'),
        (("Nobody", "-q"), "", 1, "there is no function Nobody; the template has: "),
        (("Misbehaving", "-q", "-e", "-"), "{", 1, "--event - is no JSON"),
        (("Misbehaving", "-q", "-e", "/nowhere.json"), "", 1, "/nowhere.json"),
        ((), "", 2, "usage"),
    ],
    ids=["function-fails", "no-function", "no-json", "no-file", "no-name"],
)
def test_invoke_that_fails_says_so_and_exits_with_another_status(
    tmp_path: Path, arguments: tuple[str, ...], text: str, code: int, said: str
) -> None:
    """For scripts: 1 for a failure, 2 for wrong arguments."""
    status, out, err = invoke(tmp_path, *arguments, text=text)

    assert status == code
    assert said in out + err
    assert "Traceback" not in err


def test_host_beyond_this_machine_is_warned_of(tmp_path: Path) -> None:
    """Nothing listens there unless it is asked for, and then it is said what that means."""
    ready_file = tmp_path / "ready.json"
    arguments = ("--template", str(TEMPLATE), "--port", "0", "--ready-file", str(ready_file), "-q")
    process = start(tmp_path, *arguments, "--host", "0.0.0.0")
    try:
        deadline = time.monotonic() + 30
        while not ready_file.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.terminate()
        _, err = process.communicate()

    assert "at 0.0.0.0 anybody who reaches this machine" in err
