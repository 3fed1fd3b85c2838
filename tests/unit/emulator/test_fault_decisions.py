"""When a fault strikes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from local_emulator.faults import Faults
from local_emulator.faults.rules import parse


def faults(*rules: dict[str, Any], seed: int = 0) -> Faults:
    defaults = {"where": "function", "action": "throttle"}
    return Faults(parse({"seed": seed, "rules": [{**defaults, **rule} for rule in rules]}))


def struck(made: Faults, count: int, **attributes: str) -> list[int]:
    """The numbers, from 1, of the invocations at which something struck."""
    named = attributes or {"function": "F"}
    return [number for number in range(1, count + 1) if made.decide("function", **named)]


def test_rule_strikes_at_every_occurrence_unless_it_says_otherwise() -> None:
    """No condition, no exception."""
    assert [1, 2, 3] == struck(faults({}), 3)


def test_times_limits_how_often_it_strikes() -> None:
    """Then it only counts."""
    made = faults({"times": 2})

    assert [1, 2] == struck(made, 5)
    assert {"rule-1": (5, 2)} == made.counts()


def test_after_and_every_choose_regularly() -> None:
    """The first `after` pass, and of the rest every `every`-th strikes."""
    assert [4, 6, 8] == struck(faults({"after": 2, "every": 2}), 9)


def test_nth_chooses_by_number() -> None:
    """One number or several, from 1."""
    assert [3] == struck(faults({"nth": 3}), 9)
    assert [2, 5] == struck(faults({"nth": [5, 2]}), 9)


def test_per_counts_each_value_apart() -> None:
    """Each function loses its own second invocation."""
    made = faults({"nth": 2, "per": "function"})

    assert [2] == struck(made, 3, function="A")
    assert [2] == struck(made, 3, function="B")


def test_match_takes_any_name_of_a_thing_and_patterns() -> None:
    """Logical id or physical name, exact or with wildcards; all attributes must fit."""
    made = faults({"match": {"function": ["local-W*", "Other"]}})

    assert made.decide("function", function=("Worker", "local-Worker"))
    assert made.decide("function", function=("Other", "local-Other"))
    assert made.decide("function", function=("Third", "local-Third")) is None
    assert made.decide("table", table="Other") is None


def test_first_rule_that_strikes_wins_and_the_others_count() -> None:
    """One fault at a time; a rule that did not win has not used up its times."""
    made = faults({"nth": 1}, {"action": "fail", "times": 1})

    actions = [fault and fault.action for fault in (made.decide("function", function="F") for _ in range(3))]

    assert ["throttle", "fail", None] == actions
    assert {"rule-1": (3, 1), "rule-2": (3, 1)} == made.counts()


@given(seed=st.integers(), probability=st.floats(0, 1))
def test_same_seed_gives_the_same_decisions(seed: int, probability: float) -> None:
    """Whatever happened before elsewhere."""
    alone = faults({"probability": probability}, seed=seed)
    among = faults({"probability": probability}, {"name": "other", "probability": 0.5}, seed=seed)

    assert struck(alone, 50) == [
        number
        for number in range(1, 51)
        if (fault := among.decide("function", function="F")) and fault.rule == "rule-1"
    ]


def test_probability_is_met_in_the_long_run_and_differs_by_seed() -> None:
    """A tenth is about a tenth, and not the same tenth for every seed."""
    found = [struck(faults({"probability": 0.1}, seed=seed), 2000) for seed in (1, 2)]

    assert all(150 < len(numbers) < 250 for numbers in found)
    assert found[0] != found[1]
    assert [] == struck(faults({"probability": 0}), 50)


def test_rules_can_be_added_and_taken_away() -> None:
    """Those that stay keep their counts."""
    made = faults({"name": "first", "nth": 2})
    struck(made, 1)
    made.add(parse([{"name": "second", "where": "table", "action": "fail"}]))

    assert [1] == struck(made, 1)
    assert made.remove("second")
    assert not made.remove("second")
    assert made.decide("table", table="T") is None
