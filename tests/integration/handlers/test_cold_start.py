"""Which SDK clients a handler's first invocation makes: each costs a cold start some 20 ms and more."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from benchmarks.cold_start.needs import DYNAMODB, FUNCTIONS, NEEDS, POSTS, S3, SQS
from progress import aws, wiring
from tests.integration.handlers.conftest import JOB_ID, Backend, event, make_anew
from tools.stack import ROOT

NO_ISBN = "9780439023482"
"""Nobody need be asked for it."""
INVOCATIONS = {
    "connect": "websocket_connect",
    "disconnect": "websocket_disconnect",
    "message": "websocket_ready",
    "jobs": "http_get_job",
    "start_enrichment": "http_start_enrichment",
    "import_csv": "http_import_csv",
    "scan_bookshelf": "http_scan_bookshelf",
    "enrich_chunk": "sqs_enrich_chunk",
    "watch_jobs": "sqs_watch_job",
}
"""All but that of a photo, which is read for seconds."""


def made() -> set[str]:
    clients = {DYNAMODB: aws.dynamodb, SQS: aws.sqs, S3: aws.s3}
    return {name for name, client in clients.items() if client.cache_info().currsize}


@pytest.mark.parametrize("handler", INVOCATIONS)
def test_a_handler_makes_the_clients_that_its_floor_is_measured_with(backend: Backend, handler: str) -> None:
    """No more, and no fewer: the benchmark compares with what is needed."""
    if handler not in ("start_enrichment", "import_csv", "scan_bookshelf"):
        body = json.dumps({"jobId": JOB_ID, "workIds": [NO_ISBN]})
        backend.invoke("start_enrichment", event("http_start_enrichment", body=body))
        backend.invoke("connect", event("websocket_connect"))
    if handler == "enrich_chunk":
        backend.invoke("message", event("websocket_ready"))
        wiring.lifecycle().launch(JOB_ID)
        backend.management.posts = 0
    make_anew()

    backend.invoke(handler, event(INVOCATIONS[handler]))

    assert set(NEEDS[handler]) == made()
    assert (handler in POSTS) == (backend.management.posts > 0)


def test_every_handler_of_the_template_is_measured() -> None:
    """And invoked here, but for that of a photo."""
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    handlers = set(re.findall(r"^ +Handler: (\w+)\.handler$", template, re.MULTILINE))

    assert handlers == set(NEEDS)
    assert {*INVOCATIONS, "detect_books"} == handlers


def test_the_worker_of_photos_starts_without_what_compares_texts() -> None:
    """It is wanted when the photo has been read, seconds later."""
    code = "import sys, detect_books; print('rapidfuzz' in sys.modules)"
    variables = {"PYTHONPATH": str(FUNCTIONS), "AWS_DEFAULT_REGION": "us-east-1", "TABLE_NAME": "progress"}

    done = subprocess.run(
        [sys.executable, "-c", code], env=variables, text=True, capture_output=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "False"
