"""Reads rules, and says of each wrong one what is wrong with it and what is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from local_emulator.errors import EmulatorError
from local_emulator.faults.vocabulary import PLACES, Place, Setting, is_count, is_number, required

_HOW_OFTEN = ("times", "probability", "every", "after", "nth", "per", "seed")
_COMMON = ("name", "where", "match", "action", *_HOW_OFTEN)


class FaultsError(EmulatorError):
    """Rules that cannot be understood; the message says which and what is wanted."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One fault: at a place, for what matches, as often as it says.

    Every occurrence that matches is counted from 1, for each value of the attribute `per` apart where it is given.
    The rule strikes at the `nth` of them; or after the first `after`, at every `every`-th; in either case with
    `probability` and at most `times` times.
    """

    name: str
    where: str
    action: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The action's, defaults filled in."""
    match: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By attribute: patterns (`*` and `?`), one of which must fit."""
    times: int | None = None
    probability: float = 1.0
    every: int = 1
    after: int = 0
    nth: tuple[int, ...] = ()
    per: str | None = None
    seed: int = 0

    def matches(self, attributes: Mapping[str, tuple[str, ...]]) -> bool:
        """Whether an occurrence is one of this rule's; an attribute may go by several names."""
        return all(
            any(fnmatchcase(name, pattern) for name in attributes.get(attribute, ()) for pattern in patterns)
            for attribute, patterns in self.match.items()
        )

    def document(self) -> dict[str, Any]:
        """The rule as `parse` takes it."""
        optional = {
            "match": {attribute: list(patterns) for attribute, patterns in self.match.items()},
            "times": self.times,
            "per": self.per,
            **({"nth": list(self.nth)} if self.nth else {"every": self.every, "after": self.after}),
        }
        return {
            "name": self.name,
            "where": self.where,
            "action": self.action,
            **{
                name: value
                for name, value in (*self.settings.items(), *optional.items())
                if value is not None
            },
            "probability": self.probability,
            "seed": self.seed,
        }


def parse(document: Any) -> list[Rule]:
    """Rules from `{"seed": …, "rules": [{…}]}`, or a list of rules alone.

    Raises:
        FaultsError: something in it is not understood.
    """
    if isinstance(document, list):
        document = {"rules": document}
    if not isinstance(document, Mapping) or not isinstance(document.get("rules", []), list):
        raise FaultsError("{seed: NUMBER, rules: [RULE, …]} or a list of rules is wanted")
    _only(document, ("seed", "rules"), "the rules' file")
    seed = document.get("seed", 0)
    if not _is_whole(seed):
        raise FaultsError(f"seed is {seed!r}, a whole number is wanted")
    rules = [_rule(given, number, seed) for number, given in enumerate(document.get("rules", []), start=1)]
    unique([rule.name for rule in rules])
    return rules


def unique(names: Sequence[str]) -> None:
    """Refuses names that are given twice.

    Raises:
        FaultsError: one is.
    """
    for name in names:
        if names.count(name) > 1:
            raise FaultsError(f"two rules are called {name}; a name may be given once")


def read(path: Path) -> list[Rule]:
    """Rules from a YAML or JSON file.

    Raises:
        FaultsError: it cannot be read or understood.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise FaultsError(f"{path} cannot be read: {error}") from error
    try:
        return parse({} if document is None else document)
    except FaultsError as error:
        raise FaultsError(f"{path}: {error}") from error


def check_names(rules: Iterable[Rule], known: Mapping[str, Iterable[str]]) -> None:
    """Refuses a rule for something that is not there, which would never strike.

    `known` gives for an attribute (`function`, `table`…) every name that it may have.

    Raises:
        FaultsError: a pattern fits none of them.
    """
    for rule in rules:
        for attribute, patterns in rule.match.items():
            names = sorted(known.get(attribute, ()))
            for pattern in patterns if attribute in known else ():
                if not any(fnmatchcase(name, pattern) for name in names):
                    there = ", ".join(names) or "none"
                    raise FaultsError(f"{rule.name}: there is no {attribute} {pattern}; there are: {there}")


def _rule(given: Any, number: int, seed: int) -> Rule:
    if not isinstance(given, Mapping):
        raise FaultsError(f"rule {number} is {given!r}; {{where: …, action: …}} is wanted")
    name = given.get("name", f"rule-{number}")
    if not isinstance(name, str) or not name or "/" in name:
        raise FaultsError(f"rule {number}: name is {name!r}, a text without a slash is wanted")
    try:
        return _read(name, given, seed)
    except FaultsError as error:
        raise FaultsError(f"{name}: {error}") from None


def _read(name: str, given: Mapping[str, Any], seed: int) -> Rule:
    where = given.get("where")
    place = PLACES.get(where) if isinstance(where, str) else None
    if place is None:
        raise FaultsError(f"where is {where!r}; it may be {_listed(PLACES)}")
    action = given.get("action")
    settings = place.actions.get(action) if isinstance(action, str) else None
    if settings is None:
        raise FaultsError(f"action is {action!r}; where is {where}, so it may be {_listed(place.actions)}")
    _only(given, (*_COMMON, *(setting.name for setting in settings)), f"{action} of {where}")
    return Rule(
        name=name,
        where=str(where),
        action=str(action),
        settings={setting.name: _setting(setting, given) for setting in settings},
        match=_match(given.get("match", {}), place, str(where)),
        **_how_often(given, place, seed),
    )


def _setting(setting: Setting, given: Mapping[str, Any]) -> Any:
    if setting.name not in given:
        if required(setting):
            raise FaultsError(f"{setting.name} is missing: {setting.wanted}")
        return setting.default
    value = given[setting.name]
    if not setting.accepts(value):
        raise FaultsError(f"{setting.name} is {value!r}; {setting.wanted} is wanted")
    return value


def _match(given: Any, place: Place, where: str) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, Mapping):
        raise FaultsError(f"match is {given!r}; {{{place.attributes[0]}: …}} is wanted")
    _only(given, place.attributes, f"match at {where}")
    match = {}
    for attribute, value in given.items():
        patterns = value if isinstance(value, list) else [value]
        if not patterns or not all(isinstance(pattern, str) and pattern for pattern in patterns):
            raise FaultsError(f"match.{attribute} is {value!r}; a text or a list of texts is wanted")
        match[str(attribute)] = tuple(patterns)
    return match


def _how_often(given: Mapping[str, Any], place: Place, seed: int) -> dict[str, Any]:
    wanted: dict[str, tuple[bool, str]] = {
        "times": (is_count(given.get("times", 1)), "a whole number from 1"),
        "every": (is_count(given.get("every", 1)), "a whole number from 1"),
        "after": (given.get("after", 0) == 0 or is_count(given["after"]), "a whole number from 0"),
        "probability": (
            is_number(given.get("probability", 1)) and 0 <= given.get("probability", 1) <= 1,
            "a number from 0 to 1",
        ),
        "seed": (_is_whole(given.get("seed", 0)), "a whole number"),
        "per": (given.get("per") in (None, *place.attributes), _listed(place.attributes)),
    }
    for name, (right, words) in wanted.items():
        if not right:
            raise FaultsError(f"{name} is {given[name]!r}; {words} is wanted")
    nth = given.get("nth", [])
    nth = nth if isinstance(nth, list) else [nth]
    if not all(is_count(number) for number in nth):
        raise FaultsError(f"nth is {given['nth']!r}; a whole number from 1 or a list of them is wanted")
    if nth and ("every" in given or "after" in given):
        raise FaultsError("nth names the occurrences itself; it goes with neither every nor after")
    found = {name: given[name] for name in wanted if name in given}
    return {"seed": seed, **found, "nth": tuple(nth)}


def _only(given: Mapping[Any, Any], allowed: Iterable[str], what: str) -> None:
    unknown = [str(name) for name in given if name not in set(allowed)]
    if unknown:
        raise FaultsError(f"{what} has no {', '.join(unknown)}; it may have {_listed(allowed)}")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _listed(words: Iterable[str]) -> str:
    *most, last = list(words)
    return f"{', '.join(most)} or {last}" if most else last
