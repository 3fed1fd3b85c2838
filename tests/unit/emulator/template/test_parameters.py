"""Values for a template's parameters."""

from __future__ import annotations

from typing import Any

import pytest

from local_emulator.template.errors import TemplateError
from local_emulator.template.language.parameters import values

DECLARED: dict[str, Any] = {
    "Stage": {"Type": "String", "Default": "dev", "AllowedPattern": "[a-z]+"},
    "Size": {"Type": "Number", "Default": 5, "MinValue": 1, "MaxValue": 10},
    "Flag": {"Type": "String", "Default": True, "AllowedValues": ["true", "false"]},
    "Zones": {"Type": "CommaDelimitedList", "Default": "a, b"},
    "Secret": {"Type": "String", "NoEcho": True, "MinLength": 4, "Default": "long enough"},
}


def test_values_are_defaults_as_text() -> None:
    """Numbers and booleans become text, lists become lists, as Ref gives them."""
    assert values(DECLARED, {}) == {
        "Stage": "dev",
        "Size": "5",
        "Flag": "true",
        "Zones": ["a", "b"],
        "Secret": "long enough",
    }


def test_values_take_overrides() -> None:
    """An override wins over the default."""
    given = values(DECLARED, {"Stage": "prod", "Zones": "x,y,z"})

    assert (given["Stage"], given["Zones"]) == ("prod", ["x", "y", "z"])


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"Stag": "x"}, "no parameter Stag; the template has: Flag, Secret, Size, Stage, Zones"),
        ({"Stage": "Dev1"}, "does not match"),
        ({"Size": "many"}, "a number is wanted"),
        ({"Size": "0"}, "below its minimum of 1"),
        ({"Size": "11"}, "above its maximum of 10"),
        ({"Flag": "yes"}, "allowed are true, false"),
        ({"Secret": "abc"}, r"\*\*\*, below its minimum of 4"),
    ],
    ids=["unknown", "pattern", "no-number", "low", "high", "not-allowed", "secret"],
)
def test_values_refuse_what_is_not_allowed(overrides: dict[str, str], said: str) -> None:
    """The message names the parameter and the rule, and no secret."""
    with pytest.raises(TemplateError, match=said):
        values(DECLARED, overrides)


@pytest.mark.parametrize("kind", ["String", "AWS::SSM::Parameter::Value<String>"])
def test_values_ask_for_what_has_none(kind: str) -> None:
    """Without a default the way to give a value is said."""
    parameter = {"Type": kind}
    with pytest.raises(TemplateError, match="--parameter-overrides Key="):
        values({"Key": parameter}, {})
    assert values({"Key": parameter}, {"Key": "v"}) == {"Key": "v"}


def test_values_of_parameters_that_live_in_aws_are_their_names() -> None:
    """The name stands for the value, and that is said; an override is the value."""
    declared = {"Key": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a"}}
    warnings: list[str] = []

    assert values(declared, {}, warnings) == {"Key": "/a"}
    assert values(declared, {"Key": "v"}, warnings) == {"Key": "v"}
    (warning,) = warnings
    assert "Key" in warning
    assert "--parameter-overrides Key=" in warning
