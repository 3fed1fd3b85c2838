"""template.yaml against SAM CLI, the code and the fixtures: what drifts apart fails here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from books.settings import VARIABLES as BOOKS_VARIABLES
from books.spines.reader import VARIABLES as READER_VARIABLES
from books.uploads import VARIABLES as UPLOADS_VARIABLES
from progress.settings import Settings

ROOT = Path(__file__).parents[3]
SAM = ROOT / ".venv-sam/bin/sam"
TEMPLATE = ROOT / "template.yaml"

Resource = Mapping[str, Any]

VARIABLES = (
    {field.name.upper() for field in fields(Settings)} - {"WORK_QUEUE_URLS"}
    | {"WORK_QUEUE_URL_SCAN"}
    | {*BOOKS_VARIABLES, *READER_VARIABLES, *UPLOADS_VARIABLES}
)
"""Every one that the functions read."""


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}
    return subprocess.run(command, cwd=cwd, env=environment, text=True, capture_output=True, timeout=300)


@pytest.fixture(scope="module")
def resources() -> dict[str, Resource]:
    loaded: dict[str, Resource] = yaml_parse(TEMPLATE.read_text())["Resources"]
    return loaded


def functions(resources: Mapping[str, Resource]) -> dict[str, Resource]:
    return {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def statements(function: Resource) -> list[dict[str, Any]]:
    return [statement for policy in function["Policies"] for statement in policy["Statement"]]


def actions(statement: Mapping[str, Any]) -> list[str]:
    named = statement["Action"]
    return [named] if isinstance(named, str) else list(named)


def test_sam_finds_nothing_to_complain_of() -> None:
    """`sam validate --lint` is clean."""
    done = run(SAM, "validate", "--lint")

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "is a valid SAM Template" in done.stdout


def test_sam_lists_every_http_route(resources: dict[str, Resource]) -> None:
    """What `sam local start-api` serves is every HTTP route that the template has."""
    done = run(ROOT / ".venv-sam/bin/python", Path(__file__).with_name("sam_routes.py"), TEMPLATE)
    declared = [
        [event["Properties"]["Method"], event["Properties"]["Path"], name]
        for name, function in functions(resources).items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    ]

    assert 0 == done.returncode, done.stderr
    # SAM adds the preflights of CORS, which API Gateway answers by itself.
    assert sorted(declared) == [route for route in json.loads(done.stdout) if route[0] != "OPTIONS"]
    assert 7 == len(declared)


@pytest.mark.timeout(300)
def test_sam_builds_one_bundle_with_all_that_the_handlers_need(tmp_path: Path) -> None:
    """`sam build` succeeds without Docker, for the architecture of the template. What only photos need is in the layer
    of their worker, and in nobody else's bundle; both fit Lambda's 250 MB by far."""
    here = f"python{sys.version_info.major}.{sys.version_info.minor}"
    # SAM wants the very Python of the template on the machine; the one that runs this test will do.
    text = re.sub(r"(Runtime|BuildMethod): python3\.\d+", rf"\1: {here}", TEMPLATE.read_text())
    (tmp_path / "template.yaml").write_text(text)
    for folder in ("functions", "layers"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))

    done = run(SAM, "build", "--build-dir", tmp_path / "built", cwd=tmp_path)

    assert 0 == done.returncode, done.stderr
    bundle = tmp_path / "built/ConnectFunction"
    assert (bundle / "progress/jobs.py").exists()
    assert (bundle / "aws_lambda_powertools").is_dir()
    assert [] == [name for name in ("boto3", "PIL", "rapidfuzz", "rapidocr") if (bundle / name).exists()]
    assert _size(bundle) < 8_000_000
    layer = tmp_path / "built/PhotosLayer/python"
    assert (layer / "PIL").is_dir()
    assert (layer / "rapidfuzz").is_dir()
    assert _size(layer) < 40_000_000


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*"))


def test_only_those_who_push_may_post_and_only_to_this_api(resources: dict[str, Resource]) -> None:
    """execute-api:ManageConnections, on POST of this API's connections, and only for those who send frames."""
    pushing = {
        name: statement["Resource"]
        for name, function in functions(resources).items()
        for statement in statements(function)
        if "execute-api:ManageConnections" in actions(statement)
    }
    arn = (
        "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:"
        "${WebSocketApi}/${StageName}/POST/@connections/*"
    )

    names = ("Message", "Jobs", "EnrichChunk", "DetectBooks", "DetectBooksImage", "WatchJobs")

    assert {f"{name}Function": {"Fn::Sub": arn} for name in names} == pushing


def test_no_permission_has_a_wildcard(resources: dict[str, Resource]) -> None:
    """Each action is named, each resource is one of this stack."""
    for function in functions(resources).values():
        for statement in statements(function):
            assert not [action for action in actions(statement) if "*" in action]
            assert "*" != statement["Resource"]


def test_pages_in_browsers_see_every_header_that_the_functions_set(resources: dict[str, Resource]) -> None:
    """What CORS does not expose is not there for them: not even the way to the rest of a table."""
    exposed = resources["HttpApi"]["Properties"]["CorsConfiguration"]["ExposeHeaders"]

    assert ["etag", "link", "location", "retry-after"] == exposed


def test_the_queues_suit_their_consumers(resources: dict[str, Resource]) -> None:
    """Visibility is six times the worker's time-out, and the worker knows which receive is the last."""
    parameters = yaml_parse(TEMPLATE.read_text())["Parameters"]
    for queue, worker in (("Work", "Worker"), ("Scan", "Scan")):
        redrive = resources[f"{queue}Queue"]["Properties"]["RedrivePolicy"]
        timeout = parameters[f"{worker}TimeoutSeconds"]["Default"]

        assert 6 * timeout == parameters[f"{queue}VisibilitySeconds"]["Default"]
        assert timeout < parameters["StalledAfterSeconds"]["Default"]
        assert {"Ref": "ChunkReceives"} == redrive["maxReceiveCount"]
    for name in ("EnrichChunkFunction", "DetectBooksFunction", "DetectBooksImageFunction"):
        variables = resources[name]["Properties"]["Environment"]["Variables"]
        assert {"Ref": "ChunkReceives"} == variables["CHUNK_RECEIVES"]
    assert Settings(table_name="t").chunk_receives == parameters["ChunkReceives"]["Default"]
    assert parameters["WorkVisibilitySeconds"]["Default"] < parameters["StalledAfterSeconds"]["Default"]
    for function in functions(resources).values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                assert ["ReportBatchItemFailures"] == event["Properties"]["FunctionResponseTypes"]
                assert event["Properties"]["ScalingConfig"]["MaximumConcurrency"]


def test_what_waits_too_long_or_crashes_raises_an_alarm(resources: dict[str, Resource]) -> None:
    """Each queue of work by the age of its messages, each worker by its errors, whichever reads the photos."""
    watched = {
        (alarm["MetricName"], json.dumps(alarm["Dimensions"][0]["Value"]))
        for resource in resources.values()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
        for alarm in [resource["Properties"]]
    }

    for queue in ("Work", "Scan"):
        age = {"Fn::GetAtt": [f"{queue}Queue", "QueueName"]}
        assert ("ApproximateAgeOfOldestMessage", json.dumps(age)) in watched
    errors = " ".join(value for metric, value in watched if metric == "Errors")
    for worker in ("EnrichChunk", "DetectBooks", "DetectBooksImage"):
        assert json.dumps({"Ref": f"{worker}Function"}) in errors


def test_every_variable_of_the_template_is_one_that_the_code_reads(resources: dict[str, Resource]) -> None:
    """A variable set under one name and read under another is the commonest drift."""
    known = VARIABLES
    shared = yaml_parse(TEMPLATE.read_text())["Globals"]["Function"]["Environment"]["Variables"]
    known = known | {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "LOG_LEVEL"}

    for function in functions(resources).values():
        named = set(function.get("Environment", {}).get("Variables", {})) | set(shared)
        assert set() == named - known


def test_every_variable_is_documented() -> None:
    """docs/configuration.md has a row for each."""
    page = (ROOT / "docs/configuration.md").read_text()

    assert [] == [name for name in sorted(VARIABLES) if f"`{name}`" not in page]


def test_every_function_has_a_handler_a_log_group_and_a_fixture(resources: dict[str, Resource]) -> None:
    """events/ has one for each route and each source."""
    fixtures = {path.stem for path in (ROOT / "events").glob("*.json")}
    image = (ROOT / "containers/ocr/Dockerfile").read_text()
    for name, function in functions(resources).items():
        in_image = function.get("PackageType") == "Image"
        handler = re.findall(r'CMD \["(.+)"\]', image)[0] if in_image else function["Handler"]
        assert (ROOT / f"functions/{handler.partition('.')[0]}.py").exists()
        plain = name.removesuffix("Function").removesuffix("Image")
        assert {"Ref": f"{plain}Logs"} == function["LoggingConfig"]["LogGroup"]
    routes = {json.loads((ROOT / f"events/{name}.json").read_text()).get("routeKey") for name in fixtures}
    declared = {
        f"{event['Properties']['Method']} {event['Properties']['Path']}"
        for function in functions(resources).values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }

    assert set() == declared - routes
    assert {"websocket_connect", "websocket_disconnect", "websocket_ready"} <= fixtures
    assert {"sqs_enrich_chunk", "sqs_detect_books", "sqs_watch_job", "sqs_dead_letter"} <= fixtures


def test_the_image_and_the_zip_are_the_same_function(resources: dict[str, Resource]) -> None:
    """Whichever reads the photos: the same time, memory, permissions and source; only the reader differs, and who may
    ask a model."""
    zipped, image = (dict(functions(resources)[f"DetectBooks{kind}Function"]) for kind in ("", "Image"))
    readers = [each["Environment"]["Variables"].pop("SPINE_READER") for each in (zipped, image)]
    asking = [
        [actions(statement) for statement in each.pop("Policies")[0]["Statement"]] for each in (zipped, image)
    ]

    assert [{"Ref": "SpineReader"}, "ocr"] == readers
    assert [["bedrock:InvokeModel"]] == [action for action in asking[0] if action not in asking[1]]
    for name in ("Timeout", "MemorySize", "Environment", "Events", "LoggingConfig"):
        assert zipped[name] == image[name]


def test_nothing_in_functions_asks_where_it_runs() -> None:
    """The code that runs here is the code that ships."""
    asked = re.compile(r"AWS_SAM_LOCAL|IS_LOCAL|LOCALSTACK|localhost|127\.0\.0\.1|emulator", re.IGNORECASE)

    assert [] == [
        f"{path.name}: {line}"
        for path in (ROOT / "functions").rglob("*.py")
        for line in path.read_text().splitlines()
        if asked.search(line)
    ]
