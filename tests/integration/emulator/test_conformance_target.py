"""The conformance suite against a deployment: here the emulator's, found as one on AWS is."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from tests.conformance.local import LocalTarget, emulator

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalTarget]:
    with emulator(tmp_path_factory.mktemp("emulator")) as target:
        yield target


def described(outputs: Mapping[str, str]) -> bytes:
    """CloudFormation's answer to DescribeStacks."""
    members = "".join(
        f"<member><OutputKey>{name}</OutputKey><OutputValue>{escape(value)}</OutputValue></member>"
        for name, value in outputs.items()
    )
    stack = f"<StackName>conformance</StackName><Outputs>{members}</Outputs>"
    return (
        '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult>'
        f"<Stacks><member>{stack}</member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    ).encode()


@pytest.fixture
def environment(running: LocalTarget) -> Iterator[dict[str, str]]:
    """The variables with which the suite finds the emulator where it would find AWS."""
    # A deployment's URL is https.
    answer = described({**running.outputs, "HttpUrl": running.outputs["HttpUrl"].replace("http:", "https:")})

    class CloudFormation(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nobody needs it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), CloudFormation) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        url = f"http://127.0.0.1:{server.server_port}"
        yield {**os.environ, **running.environment, "AWS_ENDPOINT_URL_CLOUDFORMATION": url}
        server.shutdown()
        serving.join()


def suite(environment: dict[str, str], target: str, *cases: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "tests/conformance", "--target", target]
    chosen = " or ".join(f"test_{case}_" for case in cases)
    return subprocess.run(
        [*command, "-k", chosen], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100
    )


@pytest.mark.parametrize("by", ["name", "url"])
def test_a_deployment_is_found_by_its_stack_or_its_url(
    running: LocalTarget, environment: dict[str, str], by: str
) -> None:
    """The cases run against its outputs; those that need the emulator are named and left out."""
    url = running.outputs["HttpUrl"].replace("http:", "https:")
    done = suite(environment, "conformance" if by == "name" else url, "a2", "c1", "f1", "h8", "i1")

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "C1 is shown on the emulator alone: the emulator can shorten the time" in done.stdout
    assert "5 passed" in done.stdout


def test_a_deployment_that_is_not_there_is_said(environment: dict[str, str]) -> None:
    """One sentence, and no test is run."""
    done = suite(environment, "https://elsewhere.example", "a2")

    assert 0 != done.returncode
    assert "no such deployment of tests/conformance/template.yaml" in done.stdout + done.stderr
