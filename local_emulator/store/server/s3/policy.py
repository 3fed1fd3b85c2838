"""The policy of a browser's upload: the signed document that says what the form may hold.

Rules: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html. The form that is checked
is the expanded one; every field of it must be named by a condition, except `x-amz-signature`, `file`, `policy` and
`x-ignore-*` (in version 2 of the signature, `AWSAccessKeyId` and `signature`). The bucket counts as a field too.
Names are compared without regard to case, values with it. A condition on a field that the form lacks fails, one
that allows anything included. `content-length-range` includes both its ends.

S3 answers a document that it cannot read with InvalidPolicyDocument, a form that breaks a condition with
AccessDenied, and the size of a file with EntityTooLarge or EntityTooSmall. That the bucket needs a condition is known
from aws/aws-sdk-php#3292. What is said of a document that lacks a part is our own wording: only the code is S3's.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from local_emulator.store.server.s3.errors import S3Error, access_denied

_NEED_NO_CONDITION = {"x-amz-signature", "file", "policy", "awsaccesskeyid", "signature"}
_IGNORED_PREFIX = "x-ignore-"
_EXPIRATION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
_RANGE = "content-length-range"


@dataclass(frozen=True)
class Policy:
    """A policy, read; `conditions` are the document's own, the simple ones as `eq`."""

    expiration: datetime
    conditions: tuple[tuple[str, Any, Any], ...]

    @classmethod
    def parse(cls, encoded: str) -> Policy:
        """Reads the form's `policy` field, which is JSON in base64.

        Raises:
            S3Error: InvalidPolicyDocument.
        """
        document = _json(encoded)
        if not isinstance(document, dict):
            _invalid("Invalid JSON.")
        for name in document:
            if name not in ("expiration", "conditions"):
                _invalid(f"Unexpected: '{name.lower()}'")
        if "expiration" not in document:
            _invalid("Policy missing expiration.")
        if not isinstance(document.get("conditions"), list):
            _invalid("Policy missing conditions.")
        conditions = tuple(_condition(condition) for condition in document["conditions"])
        return cls(_expiration(document["expiration"]), conditions)

    def check(self, fields: Mapping[str, str], size: int, now: datetime) -> None:
        """Checks a form's fields, by lower-case names and with its bucket among them, and its file's size in bytes.

        Raises:
            S3Error: AccessDenied, EntityTooLarge, EntityTooSmall.
        """
        if now > self.expiration:
            raise access_denied("Invalid according to Policy: Policy expired.")
        named = {_name(operand) for operation, operand, _ in self.conditions if operation != _RANGE}
        for condition in self.conditions:
            if not _holds(condition, fields, size):
                text = json.dumps(condition, ensure_ascii=False)
                raise access_denied(f"Invalid according to Policy: Policy Condition failed: {text}")
        for name in fields:
            if name not in named | _NEED_NO_CONDITION and not name.startswith(_IGNORED_PREFIX):
                raise access_denied(f"Invalid according to Policy: Extra input fields: {name}")


def _invalid(reason: str) -> NoReturn:
    raise S3Error(400, "InvalidPolicyDocument", f"Invalid Policy: {reason}")


def _json(encoded: str) -> Any:
    try:
        return json.loads(base64.b64decode(encoded, validate=True).decode(), parse_float=_no_such_number)
    except (ValueError, RecursionError, binascii.Error):
        _invalid("Invalid JSON.")


def _no_such_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not an integer")


def _expiration(value: Any) -> datetime:
    if isinstance(value, str) and _EXPIRATION.fullmatch(value):
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except ValueError:
            pass
    _invalid(f"Invalid 'expiration' value: '{value}'")


def _condition(condition: Any) -> tuple[str, Any, Any]:
    if isinstance(condition, dict):
        return _simple(condition)
    if not isinstance(condition, list):
        _invalid("Invalid Condition: must be a List or Object.")
    if not condition or not isinstance(condition[0], str):
        _invalid("Invalid Condition: missing operation identifier.")
    operation = condition[0].lower()
    if operation not in ("eq", "starts-with", _RANGE):
        _invalid(f"Invalid Condition: unknown operation '{operation}'.")
    if len(condition) != 3:
        _invalid(f"Invalid {operation}: wrong number of arguments.")
    if operation == _RANGE:
        return operation, *_range(condition)
    if not isinstance(condition[1], str) or not isinstance(condition[2], str):
        _invalid(f"Invalid {operation}: arguments must be strings.")
    return operation, condition[1], condition[2]


def _simple(condition: dict[str, Any]) -> tuple[str, str, str]:
    if len(condition) != 1:
        _invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
    ((name, value),) = condition.items()
    if not isinstance(value, str):
        _invalid("Invalid Simple-Condition: value must be a string.")
    return "eq", f"${name}", value


def _range(condition: list[Any]) -> tuple[Any, Any]:
    """Numbers may be written as text; text that is no number makes a condition that nothing meets."""
    for bound in condition[1:]:
        if (
            isinstance(bound, bool)
            or not isinstance(bound, int | str)
            or (isinstance(bound, int) and bound < 0)
        ):
            _invalid(f"Invalid {_RANGE}: bounds must be whole numbers.")
    return condition[1], condition[2]


def _name(operand: str) -> str:
    """The field that a condition names; without its `$` it names none."""
    return operand[1:].lower() if operand.startswith("$") else ""


def _holds(condition: tuple[str, Any, Any], fields: Mapping[str, str], size: int) -> bool:
    operation, operand, wanted = condition
    if operation == _RANGE:
        return _size_fits(str(operand), str(wanted), size)
    name = _name(operand)
    value = fields.get(name)
    if value is None:
        return False
    if operation == "eq":
        return bool(value == wanted)
    # A list of types starts with the prefix if each of them does.
    values = value.split(",") if name == "content-type" else [value]
    return all(it.startswith(wanted) for it in values)


def _size_fits(least: str, most: str, size: int) -> bool:
    if not (_is_number(least) and _is_number(most)):
        return False
    if size < int(least):
        raise S3Error(
            400,
            "EntityTooSmall",
            "Your proposed upload is smaller than the minimum allowed size",
            ProposedSize=size,
            MinSizeAllowed=least,
        )
    if size > int(most):
        raise S3Error(
            400,
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed size",
            ProposedSize=size,
            MaxSizeAllowed=most,
        )
    return True


def _is_number(text: str) -> bool:
    # 19 digits are more than any object has bytes, and more than int() should be given.
    return text.isascii() and text.isdigit() and len(text) <= 19
