"""Nested conditions, mappings, a layer and a loop: the template as written, and as `sam build` leaves it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from local_emulator.emulator import Emulator
from local_emulator.settings import Settings
from local_emulator.template import TemplateError, load

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "reports"
SAM = ROOT / ".venv-sam/bin/sam"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template that `sam build` makes, beside the code and the layer that it copied."""
    folder = tmp_path_factory.mktemp("reports")
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    here = f"python{sys.version_info.major}.{sys.version_info.minor}"
    # SAM wants the very Python of the template on the machine; the one that runs this test will do.
    text = re.sub(r"python3\.\d+", here, (folder / "template.yaml").read_text())
    (folder / "template.yaml").write_text(text)
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run(
        [SAM, "build"], cwd=folder, env=environment, text=True, capture_output=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return folder / ".aws-sam/build/template.yaml"


async def report(template: Path, certificates: Path, parameters: Mapping[str, str]) -> dict[str, Any]:
    """What the function answers, asked in German at the URL of the outputs."""
    async with (
        Emulator(
            Settings(template=template, parameter_overrides=parameters, data_folder=certificates)
        ) as emulator,
        httpx.AsyncClient(trust_env=False, timeout=20) as client,
    ):
        outputs = emulator.application.outputs
        assert outputs["Urlen"].endswith("/report/en")
        assert ("AuditName" in outputs) == ("AuditFunction" in emulator.application.functions)
        answer = await client.get(f"{outputs['ReportUrl']}/de")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
    return found


CLOSED = {
    "STAGE": "test",
    "WORDS": "3",
    "ZONES": "a/b",
    "MODE": "closed",
    "LANGUAGES": '["en","de"]',
    "COUNT": "2",
    "NETWORK": "10.0.1.0/24",
    "SECRET": "bG9jYWwtdGVzdA==",
    "title": "Bericht",
    "memory": "128",
    "audit": None,
}


async def test_the_template_as_written(certificates: Path) -> None:
    """Every decision that it makes by default, and the words of the layer."""
    assert await report(FOLDER / "template.yaml", certificates, {}) == CLOSED


async def test_the_template_as_built(built: Path, certificates: Path) -> None:
    """The same from what SAM built: nothing of the folder that it was built from is needed."""
    assert await report(built, certificates, {}) == CLOSED


@pytest.mark.parametrize(
    ("parameters", "mode", "memory", "audit"),
    [
        ({"Stage": "beta"}, "open", "256", None),
        ({"Stage": "beta", "Audited": "Eve"}, "audited", "256", "Eve reads de"),
        ({"Stage": "live", "Audited": "Eve"}, "live", "512", "Eve reads de"),
        ({"Stage": "test", "Audited": "Eve"}, "closed", "128", None),
    ],
    ids=["beta", "beta-audited", "live", "test-audited"],
)
async def test_conditions_within_conditions(
    certificates: Path, parameters: dict[str, str], mode: str, memory: str, audit: str | None
) -> None:
    """They decide on values, on a function and its output, and on the stage's path."""
    found = await report(FOLDER / "template.yaml", certificates, parameters)

    assert (found["MODE"], found["memory"], found["audit"]) == (mode, memory, audit)


def test_a_wrong_parameter_is_said() -> None:
    """With what would be right."""
    with pytest.raises(TemplateError, match="allowed are test, beta, live"):
        load(FOLDER / "template.yaml", {"Stage": "prod"})
