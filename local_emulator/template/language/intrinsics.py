"""CloudFormation's intrinsic functions over a transformed template."""

from __future__ import annotations

import base64
import ipaddress
import itertools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from local_emulator.model import ACCOUNT_ID, REGION
from local_emulator.template.errors import TemplateError
from local_emulator.template.language import physical

_PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT_ID,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": physical.STACK_NAME,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/{physical.STACK_NAME}/local",
    "AWS::URLSuffix": physical.URL_SUFFIX,
    "AWS::NotificationARNs": [],
}
_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]*)\}")

_ELSEWHERE = {
    "Fn::ImportValue": "reads another stack's export, which is not here: use a parameter with a default",
    "Fn::Transform": "is a macro, which is not run here; only AWS::Include of a local file is",
}

_NOTHING = object()
"""What `AWS::NoValue` gives: the property or list item that holds it is left out."""


class Resolver:
    """Turns values with intrinsic functions into plain ones. Resources whose condition is false are not there."""

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        self._parameters = parameters
        self._mappings: Mapping[str, Any] = template.get("Mappings") or {}
        self._conditions: Mapping[str, Any] = template.get("Conditions") or {}
        self._resources: Mapping[str, Any] = template["Resources"]
        self._named: dict[str, physical.Named] = {}
        self._resolving: list[str] = []
        self._functions: Mapping[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": self.condition,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::If": self._if,
            "Fn::Equals": lambda value: _same(*self._several(value, 2, "Equals")),
            "Fn::And": lambda value: all(self._truth(item) for item in value),
            "Fn::Or": lambda value: any(self._truth(item) for item in value),
            "Fn::Not": lambda value: not self._truth(value[0]),
            "Fn::FindInMap": self._find_in_map,
            "Fn::Base64": lambda value: base64.b64encode(str(self.resolve(value)).encode()).decode(),
            "Fn::GetAZs": lambda _: [f"{REGION}{zone}" for zone in "abc"],
            "Fn::Cidr": self._cidr,
            "Fn::Length": lambda value: len(self._list(value)),
            "Fn::ToJsonString": lambda value: json.dumps(self.resolve(value), separators=(",", ":")),
        }

    def resolve(self, value: Any) -> Any:
        """A plain value.

        Raises:
            TemplateError: an unknown name, a function that is not supported here or is used wrongly.
        """
        resolved = self._resolve(value)
        return None if resolved is _NOTHING else resolved

    def condition(self, name: str) -> bool:
        """Whether a named condition holds."""
        if name not in self._conditions:
            raise TemplateError(f"there is no condition {name}")
        return self._truth(self._guarded(f"condition {name}", lambda: self.resolve(self._conditions[name])))

    def exists(self, thing: Mapping[str, Any]) -> bool:
        """Whether a resource's or an output's condition, if it has one, holds."""
        return "Condition" not in thing or self.condition(str(thing["Condition"]))

    def named(self, logical_id: str) -> physical.Named:
        """A resource with its physical name."""
        if logical_id not in self._named:
            resource = self._resources.get(logical_id)
            if resource is None:
                raise TemplateError(f"there is no resource or parameter {logical_id}")
            self._named[logical_id] = self._guarded(
                logical_id, lambda: physical.identify(logical_id, resource, self.resolve)
            )
        return self._named[logical_id]

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            items = (self._resolve(item) for item in value)
            return [item for item in items if item is not _NOTHING]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            function = self._functions.get(name)
            # `Condition` alone is a function inside conditions and an ordinary key elsewhere.
            if function is not None and (name != "Condition" or isinstance(argument, str)):
                return self._call(name, function, argument, getattr(value, "line", None))
            if isinstance(name, str) and name.startswith("Fn::"):
                why = _ELSEWHERE.get(name, "is not supported here")
                raise TemplateError(f"{name} {why}", line=getattr(value, "line", None))
        members = ((name, self._resolve(member)) for name, member in value.items())
        return {name: member for name, member in members if member is not _NOTHING}

    def _call(self, name: str, function: Callable[[Any], Any], argument: Any, line: int | None) -> Any:
        try:
            return function(argument)
        except TemplateError as error:
            # The innermost function knows best where it stands.
            error.line = error.line or line
            raise
        except (ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
            raise TemplateError(f"{name} is used wrongly: {argument!r}", line=line) from error

    def _guarded(self, name: str, work: Callable[[], Any]) -> Any:
        if name in self._resolving:
            raise TemplateError(f"{' → '.join([*self._resolving, name])} refers to itself")
        self._resolving.append(name)
        try:
            return work()
        finally:
            self._resolving.pop()

    def _several(self, value: Any, count: int, name: str) -> list[Any]:
        if not isinstance(value, list) or len(value) != count:
            raise TemplateError(f"Fn::{name} takes a list of {count}, not {value!r}")
        return [self.resolve(item) for item in value]

    def _truth(self, value: Any) -> bool:
        resolved = self.resolve(value)
        return resolved if isinstance(resolved, bool) else str(resolved).lower() == "true"

    def _ref(self, name: Any) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name in _PSEUDO_PARAMETERS:
            return _PSEUDO_PARAMETERS[name]
        if name in self._parameters:
            return self._parameters[name]
        return physical.ref(self.named(str(name)))

    def _get_att(self, argument: Any) -> str:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        logical_id, name = (
            str(self.resolve(parts[0])),
            ".".join(str(self.resolve(part)) for part in parts[1:]),
        )
        resource = self.named(logical_id)
        value = physical.attribute(resource, name)
        if value is None:
            raise TemplateError(f"{name} of {logical_id} ({resource.type}) is not known here")
        return value

    def _sub(self, argument: Any) -> str:
        text, variables = (argument, {}) if isinstance(argument, str) else argument

        def substitute(found: re.Match[str]) -> str:
            literal, name = found[1], found[2].strip()
            if literal:
                return f"${{{name}}}"
            if name in variables:
                return _text(self.resolve(variables[name]))
            known = name in self._parameters or name in _PSEUDO_PARAMETERS or "." not in name
            return _text(self._ref(name) if known else self._get_att(name))

        return _PLACEHOLDER.sub(substitute, str(text))

    def _join(self, argument: Any) -> str:
        separator, items = self._several(argument, 2, "Join")
        return str(separator).join(_text(item) for item in items)

    def _select(self, argument: Any) -> Any:
        index, items = self._several(argument, 2, "Select")
        return items[int(index)]

    def _split(self, argument: Any) -> list[str]:
        separator, text = self._several(argument, 2, "Split")
        return str(text).split(str(separator))

    def _if(self, argument: Any) -> Any:
        name, then, otherwise = argument
        return self._resolve(then if self.condition(str(name)) else otherwise)

    def _list(self, value: Any) -> list[Any]:
        resolved = self.resolve(value)
        if not isinstance(resolved, list):
            raise TemplateError(f"a list is wanted, not {resolved!r}")
        return resolved

    def _cidr(self, argument: Any) -> list[str]:
        """`count` blocks of an address range, each with so many bits for hosts."""
        block, count, bits = [self.resolve(item) for item in (*argument, 8)[:3]]
        network = ipaddress.ip_network(str(block), strict=False)
        subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits))
        found = [str(subnet) for subnet in itertools.islice(subnets, int(count))]
        if len(found) < int(count):
            raise TemplateError(f"{block} has no {count} blocks of {bits} bits")
        return found

    def _find_in_map(self, argument: Any) -> Any:
        keys = [str(self.resolve(key)) for key in argument[:3]]
        found: Any = self._mappings
        for key in keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        if found is None and len(argument) > 3 and "DefaultValue" in argument[3]:
            return self.resolve(argument[3]["DefaultValue"])
        if found is None:
            raise TemplateError(f"the mappings have no {'.'.join(keys)}")
        return found


def _same(left: Any, right: Any) -> bool:
    return _text(left) == _text(right)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
