"""The reading of fault rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local_emulator.faults.rules import FaultsError, check_names, parse, read


def test_rule_is_read_with_the_defaults_of_its_action() -> None:
    """Only the place and the action must be given."""
    (rule,) = parse([{"where": "post", "action": "refuse"}])

    assert ("rule-1", "post", "refuse") == (rule.name, rule.where, rule.action)
    assert {"status": 410, "delivered": False} == rule.settings
    assert (None, 1.0, 1, 0, (), 0) == (
        rule.times,
        rule.probability,
        rule.every,
        rule.after,
        rule.nth,
        rule.seed,
    )


def test_rules_take_the_seed_of_the_file_unless_they_have_their_own() -> None:
    """One seed for all, and another where it is wanted."""
    rules = parse(
        {
            "seed": 7,
            "rules": [
                {"where": "table", "action": "throttle"},
                {"where": "table", "action": "throttle", "seed": 8},
            ],
        }
    )

    assert [7, 8] == [rule.seed for rule in rules]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        pytest.param("drop", "{where: …, action: …} is wanted", id="no-mapping"),
        pytest.param({"action": "drop"}, "where is None; it may be connect", id="no-place"),
        pytest.param({"where": "moon", "action": "drop"}, "where is 'moon'", id="unknown-place"),
        pytest.param(
            {"where": "table", "action": "explode"},
            "it may be throttle, fail, delay or stale",
            id="unknown-action",
        ),
        pytest.param({"where": ["table"], "action": "fail"}, "where is ['table']", id="place-is-a-list"),
        pytest.param({"where": "table", "action": "delay"}, "seconds is missing", id="required-setting"),
        pytest.param(
            {"where": "table", "action": "delay", "seconds": True}, "seconds is True", id="true-is-no-number"
        ),
        pytest.param(
            {"where": "post", "action": "refuse", "status": 200}, "from 400 to 599 is wanted", id="status"
        ),
        pytest.param(
            {"where": "frame_in", "action": "close", "code": 1006}, "may be sent", id="close-code-1006"
        ),
        pytest.param(
            {"where": "table", "action": "fail", "seconds": 1}, "fail of table has no seconds", id="setting"
        ),
        pytest.param(
            {"where": "table", "action": "fail", "match": {"queue": "Q"}},
            "match at table has no queue; it may have table or operation",
            id="match",
        ),
        pytest.param(
            {"where": "table", "action": "fail", "match": {"table": 3}}, "match.table is 3", id="match-value"
        ),
        pytest.param({"where": "table", "action": "fail", "times": 0}, "times is 0", id="times"),
        pytest.param({"where": "table", "action": "fail", "every": 1.5}, "every is 1.5", id="every"),
        pytest.param({"where": "table", "action": "fail", "after": -1}, "after is -1", id="after"),
        pytest.param({"where": "table", "action": "fail", "nth": [1, 0]}, "nth is [1, 0]", id="nth"),
        pytest.param({"where": "table", "action": "fail", "nth": 1, "every": 2}, "neither every", id="both"),
        pytest.param({"where": "table", "action": "fail", "probability": 2}, "from 0 to 1", id="probability"),
        pytest.param({"where": "table", "action": "fail", "per": "queue"}, "per is 'queue'", id="per"),
        pytest.param({"where": "table", "action": "fail", "name": "a/b"}, "without a slash", id="name"),
        pytest.param({"where": "table", "action": "fail", "seed": "x"}, "seed is 'x'", id="seed"),
    ],
)
def test_wrong_rule_is_refused_with_what_is_wanted(rule: Any, said: str) -> None:
    """The message names the rule, what stands there, and what could."""
    with pytest.raises(FaultsError) as refused:
        parse([rule])

    assert said in str(refused.value)
    assert "rule" in str(refused.value) or "a/b" in str(refused.value)


@pytest.mark.parametrize("document", [3, "x", {"rules": {}}, {"rule": []}, {"seed": 1.5, "rules": []}])
def test_wrong_document_is_refused(document: Any) -> None:
    """A list of rules, or a mapping with one."""
    with pytest.raises(FaultsError):
        parse(document)


def test_two_rules_of_one_name_are_refused() -> None:
    """A name stands for one rule in the control API."""
    with pytest.raises(FaultsError, match="two rules are called twice"):
        parse([{"name": "twice", "where": "table", "action": "fail"}] * 2)


def test_rule_for_something_that_is_not_there_is_refused() -> None:
    """A misspelt name would never strike, and nobody would know."""
    rules = parse([{"where": "function", "action": "kill", "match": {"function": ["Work*", "Wroker"]}}])

    with pytest.raises(FaultsError, match="rule-1: there is no function Wroker; there are: Worker"):
        check_names(rules, {"function": ["Worker"]})


def test_rule_survives_the_way_over_the_wire() -> None:
    """What a rule says of itself is read as the same rule."""
    rules = parse(
        {
            "seed": 3,
            "rules": [
                {
                    "where": "frame_in",
                    "action": "stall",
                    "match": {"route_key": "a*"},
                    "per": "connection_id",
                },
                {"where": "function", "action": "kill", "nth": 4, "when": "after", "probability": 0.5},
                {"where": "queue", "action": "reorder", "every": 2, "after": 1, "times": 9},
            ],
        }
    )

    assert rules == parse([rule.document() for rule in rules])


def test_file_may_be_yaml_or_json_and_empty(tmp_path: Path) -> None:
    """JSON is YAML; an empty file has no rules."""
    path = tmp_path / "faults"
    for text, count in (
        ("rules: [{where: table, action: fail}]", 1),
        ('[{"where":"table","action":"fail"}]', 1),
        ("", 0),
    ):
        path.write_text(text)

        assert count == len(read(path))


@pytest.mark.parametrize("text", ["rules: [", "- {where: moon}"])
def test_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    """The message begins with the file."""
    path = tmp_path / "faults.yaml"
    path.write_text(text)

    with pytest.raises(FaultsError, match=r"faults\.yaml"):
        read(path)
