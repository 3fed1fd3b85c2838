"""Clients' frames as docs/asyncapi.yaml describes them, such frames spoilt, and what a frame is to be answered with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import jsonschema_rs
from hypothesis import strategies as st

from tests.contract import load

Frame = dict[str, Any]

_DOCUMENT = load("asyncapi.yaml")
_SCHEMAS: dict[str, dict[str, Any]] = {
    operation["messages"][0]["$ref"].rpartition("/")[2]: _DOCUMENT["components"]["schemas"][
        _DOCUMENT["components"]["messages"][name]["payload"]["$ref"].rpartition("/")[2]
    ]
    for name, operation in _DOCUMENT["operations"].items()
    if operation["action"] == "receive"
}
_COMPONENTS = {"components": {"schemas": _DOCUMENT["components"]["schemas"]}}
_VALIDATORS = {
    name: jsonschema_rs.Draft202012Validator({**schema, **_COMPONENTS}) for name, schema in _SCHEMAS.items()
}

_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_EDGES: st.SearchStrategy[Any] = st.sampled_from(
    [-1, 0, 0.5, 2**53, 2**53 + 1, 2**63, 2**64, 1e308, -0.0, "", "0", "ready", None, True, [], {}, [[]]]
)


def frames(job_ids: Sequence[str]) -> st.SearchStrategy[str]:
    """Texts to send: as documented, spoilt, or of no kind at all. Job ids that are some are those."""
    valid = st.sampled_from(sorted(_SCHEMAS)).flatmap(lambda name: _of(name, job_ids))
    spoilt = st.tuples(valid, st.lists(_spoilers(), min_size=1, max_size=3)).map(_spoil)
    broken = st.tuples(valid.map(json.dumps), st.integers(0, 60), st.text(max_size=3)).map(_break)
    return st.one_of(
        valid.map(json.dumps),
        spoilt.map(json.dumps),
        spoilt.map(json.dumps),
        broken,
        _JSON.map(json.dumps),
        st.text(max_size=60),
    )


def answers_to(text: str, own_job: str, known: Sequence[str]) -> Counter[str] | None:
    """How many frames of which kind must answer one on the connection of `own_job`: `problem`, `ready_ack`, `pong`,
    `state`. `known` are jobs that there are, all ended. None where the document leaves it open."""
    if "\\u" in text or _has_whole_float(text):
        # Half a surrogate pair, and whether 1.0 is an integer, are read in more than one way.
        return None
    try:
        frame = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return Counter(problem=1)
    kind = frame.get("type") if isinstance(frame, dict) else None
    if not isinstance(kind, str) or kind not in _VALIDATORS or not _VALIDATORS[kind].is_valid(frame):
        return Counter(problem=1)
    there = frame.get("jobId", own_job).lower() in known
    match kind:
        case "ready" | "subscribe":
            return Counter(ready_ack=1, state=int(there))
        case "cancel":
            return Counter(state=1) if there else Counter(problem=1)
        case "ping":
            return Counter(pong=1)
        case _:
            return Counter()


def _of(name: str, job_ids: Sequence[str]) -> st.SearchStrategy[Frame]:
    schema = _SCHEMAS[name]
    fields = {field: _value(described, job_ids) for field, described in schema["properties"].items()}
    required = {field: fields[field] for field in schema["required"]}
    return st.fixed_dictionaries(
        required, optional={field: value for field, value in fields.items() if field not in required}
    )


def _value(schema: dict[str, Any], job_ids: Sequence[str]) -> st.SearchStrategy[Any]:
    match schema:
        case {"const": value}:
            return st.just(value)
        case {"enum": values}:
            return st.sampled_from(values)
        case {"format": "uuid"}:
            return st.sampled_from(job_ids) | st.sampled_from(job_ids).map(str.upper)
        case {"type": "integer"}:
            return st.integers(schema.get("minimum"), schema.get("maximum"))
        case {"type": "number"}:
            return st.floats(allow_nan=False, allow_infinity=False)
        case {"type": "string"}:
            return st.text(max_size=40)
        case {"anyOf": several}:
            return st.one_of(*(_value(each, job_ids) for each in several))
    raise AssertionError(f"frames with {schema} cannot be made yet")


def _spoilers() -> st.SearchStrategy[Callable[[Frame], Frame]]:
    places = st.integers(0, 9)
    return st.one_of(
        places.map(lambda at: lambda frame: {key: frame[key] for key in frame if key != _key(frame, at)}),
        st.tuples(places, _EDGES | _JSON).map(
            lambda given: lambda frame: {**frame, _key(frame, given[0]): given[1]}
        ),
        st.tuples(places, st.sampled_from([str.upper, str.title, lambda key: key + " ", lambda _: ""])).map(
            lambda given: (
                lambda frame: {
                    given[1](key) if key == _key(frame, given[0]) else key: value
                    for key, value in frame.items()
                }
            )
        ),
        st.tuples(st.text(max_size=10), _JSON).map(lambda given: lambda frame: {given[0]: given[1], **frame}),
    )


def _key(frame: Frame, at: int) -> str:
    return list(frame)[at % len(frame)] if frame else ""


def _spoil(given: tuple[Frame, list[Callable[[Frame], Frame]]]) -> Frame:
    frame, spoilers = given
    for each in spoilers:
        frame = each(frame)
    return frame


def _break(given: tuple[str, int, str]) -> str:
    text, at, instead = given
    at %= len(text)
    return text[:at] + instead + text[at + 1 :]


def _has_whole_float(text: str) -> bool:
    found = False

    def note(number: str) -> float:
        nonlocal found
        found = found or float(number).is_integer()
        return float(number)

    try:
        json.loads(text, parse_float=note)
    except (ValueError, RecursionError):
        return False
    return found


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
