"""Decides which fault strikes where: pure counting and seeded chance.

The decision about an occurrence depends on the rules, their seeds and the number of the occurrence, and on nothing
else: the same seed and the same order of occurrences give the same faults.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_emulator.faults.rules import Rule, unique

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong now."""

    rule: str
    action: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        """A setting of the action."""
        return self.settings[name]


@dataclass(eq=False)
class _Standing:
    """A rule and what has come of it; counts are by the value of the attribute that `per` names."""

    rule: Rule
    seen: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)

    def strikes(self, attributes: Mapping[str, tuple[str, ...]]) -> bool:
        """Counts an occurrence that matches, and says whether the rule would strike at it."""
        rule = self.rule
        key = self._key(attributes)
        self.seen[key] += 1
        number = self.seen[key]
        if rule.times is not None and self.struck[key] >= rule.times:
            return False
        is_every = number > rule.after and (number - rule.after) % rule.every == 0
        return (number in rule.nth if rule.nth else is_every) and _chance(
            rule, key, number
        ) < rule.probability

    def strike(self, attributes: Mapping[str, tuple[str, ...]]) -> None:
        self.struck[self._key(attributes)] += 1

    def _key(self, attributes: Mapping[str, tuple[str, ...]]) -> str:
        return attributes.get(self.rule.per, ("",))[0] if self.rule.per else ""


def _chance(rule: Rule, key: str, number: int) -> float:
    # A draw of its own for each occurrence, so that other rules and other keys do not shift it.
    return random.Random(f"{rule.seed}/{rule.name}/{key}/{number}").random()  # noqa: S311 to be repeated


class Faults:
    """The rules in force. Every part of the emulator asks the same one."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._standings: dict[str, _Standing] = {}
        self._places: frozenset[str] = frozenset()
        self.replace(rules)

    def replace(self, rules: Iterable[Rule]) -> None:
        """Puts these rules in the place of all; counting begins anew."""
        self._standings = {rule.name: _Standing(rule) for rule in rules}
        self._note_places()

    def add(self, rules: Iterable[Rule]) -> None:
        """Adds rules behind those that are there, whose counts stay.

        Raises:
            FaultsError: one has the name of another.
        """
        added = list(rules)
        unique([*self._standings, *(rule.name for rule in added)])
        self._standings |= {rule.name: _Standing(rule) for rule in added}
        self._note_places()

    def remove(self, name: str) -> bool:
        """Takes one rule away; False if there is none of that name."""
        removed = self._standings.pop(name, None)
        self._note_places()
        return removed is not None

    def _note_places(self) -> None:
        self._places = frozenset(standing.rule.where for standing in self._standings.values())

    @property
    def rules(self) -> list[Rule]:
        """Those in force, in their order."""
        return [standing.rule for standing in self._standings.values()]

    def counts(self) -> dict[str, tuple[int, int]]:
        """By rule: how many occurrences matched, and at how many it struck."""
        return {
            name: (standing.seen.total(), standing.struck.total())
            for name, standing in self._standings.items()
        }

    def decide(
        self, where: str, *, impossible: Container[str] = (), **attributes: str | tuple[str, ...]
    ) -> Fault | None:
        """Whether something goes wrong at this occurrence: the first rule that strikes, the others only count.

        An attribute is a text, or several names of the same thing, of which the first counts for `per`. Rules for
        an action that is `impossible` here do not count it.
        """
        if where not in self._places:
            return None
        named = {name: (value,) if isinstance(value, str) else value for name, value in attributes.items()}
        striking = [
            standing
            for standing in self._standings.values()
            if standing.rule.where == where
            and standing.rule.action not in impossible
            and standing.rule.matches(named)
            and standing.strikes(named)
        ]
        if not striking:
            return None
        first = striking[0]
        first.strike(named)
        fault = Fault(rule=first.rule.name, action=first.rule.action, settings=first.rule.settings)
        logger.info(
            "⚡ %s: %s %s",
            fault.rule,
            fault.action,
            " ".join(values[0] for values in named.values() if values and values[0]) or where,
            extra={"kind": "fault", "rule": fault.rule, "where": where, "action": fault.action},
        )
        return fault
