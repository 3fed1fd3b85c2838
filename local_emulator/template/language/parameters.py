"""The values of a template's parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from local_emulator.template.errors import TemplateError

_SSM = "AWS::SSM::Parameter"


def values(
    declared: Mapping[str, Any], overrides: Mapping[str, str], warnings: list[str] | None = None
) -> dict[str, Any]:
    """Each parameter's value: the override, else the default; a list for list types, else a string.

    The default of a parameter that lives in AWS (`AWS::SSM::Parameter::…`) is its name there: that stands for the
    value, and `warnings` says so.

    Raises:
        TemplateError: a value is missing, not allowed, or for no parameter.
    """
    unknown = sorted(set(overrides) - set(declared))
    if unknown:
        names = ", ".join(sorted(declared)) or "none"
        raise TemplateError(f"there is no parameter {', '.join(unknown)}; the template has: {names}")
    for name, parameter in declared.items():
        kind = str((parameter or {}).get("Type", "String"))
        if (
            kind.startswith(_SSM)
            and name not in overrides
            and "Default" in parameter
            and warnings is not None
        ):
            warnings.append(
                f"the parameter {name} lives in AWS; its name there, {parameter['Default']}, stands for its value: "
                f"pass --parameter-overrides {name}=…"
            )
    return {name: _value(name, parameter or {}, overrides) for name, parameter in declared.items()}


def _value(name: str, parameter: Mapping[str, Any], overrides: Mapping[str, str]) -> Any:
    given = overrides.get(name)
    kind = str(parameter.get("Type", "String"))
    if given is None and "Default" not in parameter:
        raise TemplateError(f"the parameter {name} has no value here: pass --parameter-overrides {name}=…")
    text = _text(parameter["Default"] if given is None else given)
    items = [item.strip() for item in text.split(",")] if "List" in kind else [text]
    for item in items:
        _check(name, item, kind, parameter)
    return items if "List" in kind else text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _check(name: str, text: str, kind: str, parameter: Mapping[str, Any]) -> None:
    shown = "***" if parameter.get("NoEcho") else repr(text)
    allowed = [_text(value) for value in parameter.get("AllowedValues", [])]
    if allowed and text not in allowed:
        raise TemplateError(f"the parameter {name} is {shown}; allowed are {', '.join(allowed)}")
    pattern = parameter.get("AllowedPattern")
    if pattern and not re.fullmatch(str(pattern), text):
        raise TemplateError(f"the parameter {name} is {shown}, which does not match {pattern}")
    if "Number" not in kind:
        _check_range(name, len(text), shown, parameter.get("MinLength"), parameter.get("MaxLength"))
        return
    try:
        number = float(text)
    except ValueError:
        raise TemplateError(f"the parameter {name} is {shown}, a number is wanted") from None
    _check_range(name, number, shown, parameter.get("MinValue"), parameter.get("MaxValue"))


def _check_range(name: str, number: float, shown: str, lowest: Any, highest: Any) -> None:
    if lowest is not None and number < float(lowest):
        raise TemplateError(f"the parameter {name} is {shown}, below its minimum of {lowest}")
    if highest is not None and number > float(highest):
        raise TemplateError(f"the parameter {name} is {shown}, above its maximum of {highest}")
