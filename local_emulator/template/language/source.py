"""A template file as plain data: YAML (JSON is a part of it), short intrinsics written out, lines remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local_emulator.template.errors import TemplateError


@dataclass(frozen=True, kw_only=True)
class Source:
    """A template as written."""

    path: Path
    document: dict[str, Any]
    lines: Mapping[str, int]
    """The line, from 1, that declares a resource."""

    def line_of(self, logical_id: str) -> int | None:
        """The line of a resource, or of the one that SAM made it from: its logical id is how the other's begins."""
        known = [
            name
            for name in self.lines
            if logical_id.startswith(name) and not logical_id.removeprefix(name)[:1].islower()
        ]
        return self.lines[max(known, key=len)] if known else None


class Intrinsic(dict[str, Any]):
    """A mapping that is an intrinsic function, with the line on which it stands."""

    line: int


_IN_CONDITIONS = ("And", "Condition", "Equals", "If", "Not", "Or")
_IN_RULES = ("Contains", "EachMemberEquals", "EachMemberIn", "RefAll", "ValueOf", "ValueOfAll")
_EXTENDED = ("ForEach", "Length", "ToJsonString")
_PLAIN = (
    "Base64",
    "Cidr",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "ImportValue",
    "Join",
    "Ref",
    "Select",
    "Split",
    "Sub",
)
INTRINSICS = frozenset((*_PLAIN, *_IN_CONDITIONS, *_IN_RULES, *_EXTENDED, "Transform"))
"""Every function that CloudFormation has, by
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html and its pages on rules
and language extensions."""


class _Loader(yaml.SafeLoader):
    """SafeLoader with CloudFormation's tags, without dates, and refusing a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise TemplateError(f"the key {key.value} is given twice", line=key.start_mark.line + 1)
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _marked(name: str, value: Any, node: yaml.Node) -> Intrinsic:
    line = node.start_mark.line + 1
    function = name.removeprefix("Fn::").partition("::")[0]
    if function not in INTRINSICS:
        raise TemplateError(f"there is no intrinsic function {name}", line=line)
    intrinsic = Intrinsic({name: value})
    intrinsic.line = line
    return intrinsic


def _construct_map(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    made = loader.construct_mapping(node, deep=True)
    if len(made) == 1:
        ((name, value),) = made.items()
        if isinstance(name, str) and (name.startswith("Fn::") or name == "Ref"):
            return _marked(name, value, node)
    return made


def _construct_intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        value = None
    return _marked(name, value, node)


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_map)
_Loader.add_multi_constructor("!", _construct_intrinsic)
_Loader.yaml_implicit_resolvers = {
    # `2012-10-17` is a version in CloudFormation, not a date.
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(path: Path) -> Source:
    """Reads a template file.

    Raises:
        TemplateError: there is no such file, or it is not a YAML mapping with resources.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise TemplateError(f"there is no template at {path}: name one with --template") from None
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path} cannot be read: {error}") from error
    node, document = _parsed(path, text)
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise TemplateError(f"{path} is no template: it has no Resources")
    assert isinstance(node, yaml.MappingNode)
    return Source(path=path, document=document, lines=_resource_lines(node))


def fragment(path: Path) -> Any:
    """A file that a template includes, as plain data.

    Raises:
        TemplateError: there is no such file, or it is no YAML.
    """
    try:
        return _parsed(path, path.read_text(encoding="utf-8"))[1]
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path} cannot be read: {error}") from error


def _parsed(path: Path, text: str) -> tuple[yaml.Node | None, Any]:
    loader = _Loader(text)
    node: yaml.Node | None = None
    try:
        node = loader.get_single_node()
        return node, loader.construct_document(node) if node is not None else None
    except TemplateError as error:
        error.resource = _resource_at(node, error.line)
        raise
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise TemplateError(f"{path} is not valid YAML: {error.problem}", line=line) from error
    except yaml.YAMLError as error:
        raise TemplateError(f"{path} is not valid YAML: {error}") from error
    finally:
        loader.dispose()


def _resource_lines(document: yaml.MappingNode) -> dict[str, int]:
    resources = next(value for key, value in document.value if key.value == "Resources")
    return {key.value: key.start_mark.line + 1 for key, _ in resources.value}


def _resource_at(document: yaml.Node | None, line: int | None) -> str | None:
    """The resource that a line belongs to, where it belongs to one."""
    sections = document.value if isinstance(document, yaml.MappingNode) else []
    for key, section in sections:
        if key.value == "Resources" and isinstance(section, yaml.MappingNode):
            for name, resource in section.value:
                if line and name.start_mark.line < line <= resource.end_mark.line + 1:
                    return str(name.value)
    return None
