"""samconfig.toml, as SAM CLI reads it, and the command line over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_emulator.command_line import options, samconfig
from local_emulator.command_line.samconfig import ConfigError

CONFIG = """
version = 0.1
[default.global.parameters]
region = "eu-west-1"
stack_name = "mine"
[default.build.parameters]
template_file = "built.yaml"
[default.deploy.parameters]
template_file = "packaged.yaml"
region = "eu-central-1"
parameter_overrides = "Stage=dev Greeting=\\"hello world\\""
[default.local_start_api.parameters]
template_file = "app.yaml"
port = 8123
env_vars = "env.json"
[staging.local_start_api.parameters]
port = 9000
parameter_overrides = ["Stage=staging"]
"""


@pytest.fixture
def parse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command line, in a folder with that file."""
    (tmp_path / "samconfig.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: options.parse(arguments)


def test_file_gives_the_defaults(parse: Callable[..., Any]) -> None:
    """The local command's parameters, the overrides and the region of a deployment, and what is for all commands."""
    found = parse()

    assert (Path("app.yaml"), 8123, Path("env.json")) == (found.template, found.port, found.env_vars)
    assert "eu-central-1" == found.region
    assert {"Stage": "dev", "Greeting": "hello world"} == dict(found.parameter_overrides)


def test_command_line_wins(parse: Callable[..., Any]) -> None:
    """Overrides as a whole, as with SAM CLI."""
    found = parse("--port", "0", "--parameter-overrides", "Stage=prod", "--region", "us-west-2")

    assert (0, "us-west-2") == (found.port, found.region)
    assert {"Stage": "prod"} == dict(found.parameter_overrides)


def test_another_environment_and_another_command(parse: Callable[..., Any]) -> None:
    """`--config-env`; and `invoke` takes the parameters of `local invoke`."""
    assert (9000, {"Stage": "staging"}) == (
        (staging := parse("--config-env", "staging")).port,
        dict(staging.parameter_overrides),
    )
    invoke = parse("invoke", "Worker", "-e", "-")
    assert ("invoke", "Worker", "-", Path("template.yaml")) == (
        invoke.command,
        invoke.function,
        invoke.event,
        invoke.template,
    )
    assert (0, "dev") == (invoke.port, dict(invoke.parameter_overrides)["Stage"])


def test_file_stands_beside_the_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where that is named on the command line."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "samconfig.toml").write_text("[default.global.parameters]\nport = 7000\n")
    monkeypatch.chdir(tmp_path)

    assert 7000 == options.parse(["--template", "app/template.yaml"]).port
    assert 3000 == options.parse([]).port


@pytest.mark.parametrize(
    "written",
    [
        "A=1 B=two",
        ["A=1", "B=two"],
        "ParameterKey=A,ParameterValue=1 ParameterKey=B,ParameterValue=two",
        {"A": 1, "B": "two"},
    ],
    ids=["text", "list", "old", "table"],
)
def test_overrides_may_be_written_in_any_of_sams_ways(written: Any) -> None:
    """All of them mean the same."""
    assert {"A": "1", "B": "two"} == samconfig.overrides(written, Path("samconfig.toml"))


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("[default", (), "cannot be read"),
        ("default = 1", (), "is no table"),
        ("[default.global.parameters]\nport = 'x'", (), "port: x is no port"),
        ("[default.global.parameters]\nparameter_overrides = 'x'", (), "Name=Value is wanted"),
        ("[default.global.parameters]\nparameter_overrides = 'x=\"'", (), "No closing quotation"),
        ("", ("--config-env", "prod"), "has no environment prod"),
        ("", ("--config-file", "missing.toml"), "missing.toml cannot be read"),
    ],
)
def test_wrong_file_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, arguments: tuple[str, ...], said: str
) -> None:
    """With its name and what is wrong."""
    (tmp_path / "samconfig.toml").write_text(text)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigError, match=said):
        options.parse(arguments)


def test_debug_function_implies_debug(parse: Callable[..., Any]) -> None:
    """Port 5678, unless another is given; no debugging unless it is asked for."""
    assert (None, 5678, 6000) == (
        parse().debug,
        parse("--debug-function", "Worker").debug,
        parse("--debug", "6000", "--debug-function", "Worker").debug,
    )
