"""The policy of an upload form: what can be read, what it lets through, and S3's words for the rest."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_emulator.store.server.s3.errors import S3Error
from local_emulator.store.server.s3.policy import Policy

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = "2026-11-25T12:10:00Z"


def policy(*conditions: Any, expiration: str = LATER) -> Policy:
    return Policy.parse(encoded({"expiration": expiration, "conditions": list(conditions)}))


def encoded(document: Any) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


def refusal(
    checked: Policy, fields: Mapping[str, str] = MappingProxyType({}), *, size: int = 1, now: datetime = NOW
) -> tuple[int, str, str] | None:
    """Status, code and message; None if the form is let through."""
    try:
        checked.check(fields, size, now)
    except S3Error as error:
        return error.status, error.code, error.message
    return None


def denied(reason: str) -> tuple[int, str, str]:
    return 403, "AccessDenied", f"Invalid according to Policy: {reason}"


def failed(condition: str) -> tuple[int, str, str]:
    return denied(f"Policy Condition failed: {condition}")


@pytest.mark.parametrize(
    "condition",
    [
        {"key": "a/b"},
        {"KEY": "a/b"},
        ["eq", "$key", "a/b"],
        ["eq", "$Key", "a/b"],
        ["starts-with", "$key", "a/"],
        ["starts-with", "$key", ""],
    ],
)
def test_field_that_meets_its_condition_passes(condition: Any) -> None:
    """Exact and starting matches; names have no case, and an empty prefix allows any value."""
    assert refusal(policy(condition), {"key": "a/b"}) is None


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ({"key": "a/c"}, '["eq", "$key", "a/c"]'),
        ({"key": "A/B"}, '["eq", "$key", "A/B"]'),
        (["eq", "$key", 'say "x"'], '["eq", "$key", "say \\"x\\""]'),
        (["starts-with", "$Key", "b/"], '["starts-with", "$Key", "b/"]'),
        (["eq", "key", "a/b"], '["eq", "key", "a/b"]'),
        ({"acl": "private"}, '["eq", "$acl", "private"]'),
        (["starts-with", "$acl", ""], '["starts-with", "$acl", ""]'),
    ],
    ids=[
        "other",
        "other case",
        "quotes",
        "other prefix",
        "no dollar sign",
        "no field",
        "no field for any value",
    ],
)
def test_field_that_breaks_its_condition_is_denied(condition: Any, text: str) -> None:
    """S3 repeats the condition, a simple one as `eq`; a field that is absent meets no condition."""
    assert failed(text) == refusal(policy(condition, ["starts-with", "$key", ""]), {"key": "a/b"})


def test_all_conditions_of_a_field_count() -> None:
    """Several conditions on one field must all hold."""
    checked = policy(["starts-with", "$key", "a/"], ["eq", "$key", "a/b"])

    assert refusal(checked, {"key": "a/b"}) is None
    assert failed('["eq", "$key", "a/b"]') == refusal(checked, {"key": "a/c"})


def test_list_of_types_passes_if_each_type_does() -> None:
    """A Content-Type with commas is a list for `starts-with`; other fields with commas are not."""
    types = policy(["starts-with", "$Content-Type", "image/"])
    keys = policy(["starts-with", "$key", "a/"])

    assert refusal(types, {"content-type": "image/jpeg,image/png"}) is None
    assert failed('["starts-with", "$Content-Type", "image/"]') == refusal(
        types, {"content-type": "image/jpeg,text/plain"}
    )
    assert refusal(keys, {"key": "a/b,c"}) is None


def test_field_that_no_condition_names_is_denied() -> None:
    """Every field must be in the conditions, by its name."""
    assert denied("Extra input fields: acl") == refusal(
        policy({"key": "a"}), {"key": "a", "acl": "public-read"}
    )


def test_bucket_must_be_in_the_conditions() -> None:
    """The bucket that a form is sent to counts as one of its fields."""
    assert denied("Extra input fields: bucket") == refusal(policy({"key": "a"}), {"key": "a", "bucket": "b"})


@pytest.mark.parametrize(
    "name",
    ["x-amz-signature", "policy", "file", "x-ignore-", "x-ignore-button", "awsaccesskeyid", "signature"],
)
def test_some_fields_need_no_condition(name: str) -> None:
    """The signature's own, and those that say so by their prefix."""
    assert refusal(policy({"key": "a"}), {"key": "a", name: "any"}) is None


@pytest.mark.parametrize("bounds", [[5, 10], ["5", "10"]])
def test_size_may_be_at_its_bounds(bounds: list[Any]) -> None:
    """Both ends of a range belong to it, and it may be written as text."""
    checked = policy(["content-length-range", *bounds])

    assert refusal(checked, size=5) is None
    assert refusal(checked, size=10) is None


def test_size_out_of_range_is_told_with_its_bound() -> None:
    """EntityTooSmall and EntityTooLarge, 400, with the sizes."""
    checked = policy(["content-length-range", 5, 10])

    with pytest.raises(S3Error) as small:
        checked.check({}, 4, NOW)
    with pytest.raises(S3Error) as large:
        checked.check({}, 11, NOW)

    assert (400, "EntityTooSmall") == (small.value.status, small.value.code)
    assert {"ProposedSize": 4, "MinSizeAllowed": "5"} == small.value.extra
    assert (400, "EntityTooLarge") == (large.value.status, large.value.code)
    assert {"ProposedSize": 11, "MaxSizeAllowed": "10"} == large.value.extra


def test_range_that_is_no_number_lets_nothing_through() -> None:
    """S3 reads such a policy, and finds its condition broken."""
    checked = policy(["content-length-range", "test", "10"])

    assert failed('["content-length-range", "test", "10"]') == refusal(checked)


@pytest.mark.parametrize("expiration", ["2026-11-25T12:00:00Z", "2026-11-25T12:00:00.000Z"])
def test_policy_is_good_until_its_expiration(expiration: str) -> None:
    """Not valid after that moment."""
    checked = policy(expiration=expiration)

    assert refusal(checked, now=NOW) is None
    assert denied("Policy expired.") == refusal(checked, now=NOW + timedelta(milliseconds=1))


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("text", "Invalid JSON."),
        ({"conditions": []}, "Policy missing expiration."),
        ({"expiration": LATER}, "Policy missing conditions."),
        ({"expiration": LATER, "conditions": {}}, "Policy missing conditions."),
        ({"EXPIRATION": LATER, "conditions": []}, "Unexpected: 'expiration'"),
        ({"expiration": LATER, "conditions": [], "Statement": []}, "Unexpected: 'statement'"),
        ({"expiration": "tomorrow", "conditions": []}, "Invalid 'expiration' value: 'tomorrow'"),
        (
            {"expiration": "2026-11-25T12:00:00+01:00", "conditions": []},
            "Invalid 'expiration' value: '2026-11-25T12:00:00+01:00'",
        ),
        (
            {"expiration": "2026-13-25T12:00:00Z", "conditions": []},
            "Invalid 'expiration' value: '2026-13-25T12:00:00Z'",
        ),
    ],
)
def test_document_of_another_shape_is_invalid(document: Any, reason: str) -> None:
    """InvalidPolicyDocument, 400."""
    with pytest.raises(S3Error) as raised:
        Policy.parse(encoded(document))

    assert (400, "InvalidPolicyDocument") == (raised.value.status, raised.value.code)
    assert f"Invalid Policy: {reason}" == raised.value.message


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"bucket": "b", "acl": "private"},
        {"Content-Length": 3},
        {"acl": None},
        [],
        "key",
        ["in", "$key", "a"],
        ["eq", "$key"],
        ["eq", "$key", 1],
        ["content-length-range", 0],
        ["content-length-range", -1, 0],
        ["content-length-range", 0, 512.0],
        ["content-length-range", True, 1],
        ["content-length-range", None, 1],
    ],
    ids=json.dumps,
)
def test_condition_of_another_shape_is_invalid(condition: Any) -> None:
    """One condition that cannot be read makes the policy invalid."""
    with pytest.raises(S3Error, match="InvalidPolicyDocument: Invalid Policy: "):
        policy(condition)


@pytest.mark.parametrize("text", ["", "no base64!", "bm8gSlNPTg==", "/////w=="])
def test_text_that_is_no_document_is_invalid(text: str) -> None:
    """Neither base64, nor JSON, nor UTF-8."""
    with pytest.raises(S3Error, match="Invalid JSON"):
        Policy.parse(text)


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True).filter(
    lambda it: not it.startswith("x-ignore-")
)
FIELDS = st.dictionaries(NAMES, st.text(max_size=20), min_size=1, max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def exact_conditions(draw: st.DrawFn, fields: dict[str, str]) -> list[Any]:
    """One for each field that its value meets, in any of the ways to write it."""
    conditions: list[Any] = []
    for name, value in fields.items():
        name = "".join(draw(st.sampled_from([it, it.upper()])) for it in name)
        prefix = value.split(",")[0] if value.count(",") == 0 else ""
        ways = [{name: value}, ["eq", f"${name}", value], ["starts-with", f"${name}", prefix]]
        conditions.append(draw(st.sampled_from(ways)))
    return draw(st.permutations(conditions))


@given(data=st.data(), fields=FIELDS)
def test_form_that_meets_every_condition_always_passes(data: st.DataObject, fields: dict[str, str]) -> None:
    """Whatever the names and values."""
    checked = policy(*data.draw(exact_conditions(fields)))

    checked.check(fields, 0, NOW)


@given(fields=FIELDS, changed=st.data(), other=st.text(max_size=20))
def test_changing_a_fixed_value_is_always_denied(
    fields: dict[str, str], changed: st.DataObject, other: str
) -> None:
    """No other value stands for the one that was signed."""
    name = changed.draw(st.sampled_from(sorted(fields)))
    value = other if other != fields[name] else other + "x"
    checked = policy(*({it: text} for it, text in fields.items()))

    with pytest.raises(S3Error, match=r"AccessDenied: .*Policy Condition failed"):
        checked.check({**fields, name: value}, 0, NOW)


@given(fields=FIELDS, left_out=st.data())
def test_leaving_out_a_field_is_always_denied(fields: dict[str, str], left_out: st.DataObject) -> None:
    """A condition is a demand, not only a limit."""
    name = left_out.draw(st.sampled_from(sorted(fields)))
    checked = policy(*(["starts-with", f"${it}", ""] for it in fields))

    with pytest.raises(S3Error, match=r"AccessDenied: .*Policy Condition failed"):
        checked.check({it: value for it, value in fields.items() if it != name}, 0, NOW)


@given(fields=FIELDS, name=NAMES, value=st.text(max_size=20))
def test_adding_a_field_is_always_denied(fields: dict[str, str], name: str, value: str) -> None:
    """Nothing goes into an object that was not signed."""
    checked = policy(*({it: text} for it, text in fields.items()))
    exempt = {"file", "policy", "signature", "awsaccesskeyid", "x-amz-signature"}

    if name not in exempt | set(fields):
        with pytest.raises(S3Error, match=f"AccessDenied: .*Extra input fields: {name}"):
            checked.check({**fields, name: value}, 0, NOW)


@given(least=st.integers(0, 10**9), most=st.integers(0, 10**9), size=st.integers(0, 10**9))
def test_size_passes_if_and_only_if_it_is_in_range(least: int, most: int, size: int) -> None:
    """A range whose ends are swapped lets nothing through."""
    answer = refusal(policy(["content-length-range", least, most]), size=size)

    assert (answer is None) == (least <= size <= most)


@given(
    document=JSON | st.fixed_dictionaries({"expiration": JSON | st.just(LATER), "conditions": st.lists(JSON)})
)
def test_any_document_is_read_or_refused(document: Any) -> None:
    """Never anything but a refusal in S3's own terms."""
    try:
        Policy.parse(encoded(document)).check({"key": "a"}, 1, NOW)
    except S3Error as error:
        assert error.status in (400, 403)
        assert error.response().body.startswith(b"<?xml")
