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
    return {name: value}


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
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        document = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise TemplateError(f"{path} is not valid YAML: {error.problem}", line=line) from error
    finally:
        loader.dispose()
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise TemplateError(f"{path} is no template: it has no Resources")
    assert isinstance(node, yaml.MappingNode)
    return Source(path=path, document=document, lines=_resource_lines(node))


def _resource_lines(document: yaml.MappingNode) -> dict[str, int]:
    resources = next(value for key, value in document.value if key.value == "Resources")
    return {key.value: key.start_mark.line + 1 for key, _ in resources.value}
