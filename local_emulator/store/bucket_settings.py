"""What a template says of a bucket, as the calls of S3's API that set it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html. CloudFormation
names many things otherwise than the API does. Notifications are not set here: they are event sources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Call = tuple[str, dict[str, Any]]
"""A method of boto3's S3 client, and its arguments but for the bucket."""


def calls(properties: Mapping[str, Any]) -> Iterator[Call]:
    """The calls for an AWS::S3::Bucket's properties; those that the store has no use for give none.

    Raises:
        ValueError: a property is not of its shape; the message names it.
    """
    for name, translate in _SETTINGS.items():
        if properties.get(name):
            try:
                call = translate(properties[name])
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise ValueError(f"its {name} cannot be understood ({error!r})") from error
            yield call


def _versioning(setting: Mapping[str, Any]) -> Call:
    return "put_bucket_versioning", {"VersioningConfiguration": {"Status": setting["Status"]}}


def _encryption(setting: Mapping[str, Any]) -> Call:
    rules = []
    for rule in setting["ServerSideEncryptionConfiguration"]:
        translated = _renamed(rule, {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"})
        rules.append(_converted(translated, _truth, "BucketKeyEnabled"))
    return "put_bucket_encryption", {"ServerSideEncryptionConfiguration": {"Rules": rules}}


def _public_access_block(setting: Mapping[str, Any]) -> Call:
    blocked = {name: _truth(value) for name, value in setting.items()}
    return "put_public_access_block", {"PublicAccessBlockConfiguration": blocked}


def _cors(setting: Mapping[str, Any]) -> Call:
    names = {"ExposedHeaders": "ExposeHeaders", "Id": "ID", "MaxAge": "MaxAgeSeconds"}
    rules = [_converted(_renamed(rule, names), int, "MaxAgeSeconds") for rule in setting["CorsRules"]]
    return "put_bucket_cors", {"CORSConfiguration": {"CORSRules": rules}}


def _lifecycle(setting: Mapping[str, Any]) -> Call:
    rules = [_lifecycle_rule(rule) for rule in setting["Rules"]]
    return "put_bucket_lifecycle_configuration", {"LifecycleConfiguration": {"Rules": rules}}


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    expiration = _present(
        Days=_optional(int, rule.get("ExpirationInDays")),
        Date=rule.get("ExpirationDate"),
        ExpiredObjectDeleteMarker=_optional(_truth, rule.get("ExpiredObjectDeleteMarker")),
    )
    noncurrent = rule.get("NoncurrentVersionExpiration") or _present(
        NoncurrentDays=rule.get("NoncurrentVersionExpirationInDays")
    )
    return _present(
        ID=rule.get("Id"),
        Status=rule["Status"],
        Filter=_filter(rule),
        Expiration=expiration or None,
        Transitions=_transitions(rule, "Transition", days="Days"),
        NoncurrentVersionExpiration=_whole(noncurrent) or None,
        NoncurrentVersionTransitions=_transitions(rule, "NoncurrentVersionTransition", days="NoncurrentDays"),
        AbortIncompleteMultipartUpload=_whole(rule.get("AbortIncompleteMultipartUpload") or {}) or None,
    )


def _filter(rule: Mapping[str, Any]) -> dict[str, Any]:
    """One condition stands alone in the API's filter, several inside an And."""
    single = _present(
        Prefix=rule.get("Prefix"),
        ObjectSizeGreaterThan=_optional(int, rule.get("ObjectSizeGreaterThan")),
        ObjectSizeLessThan=_optional(int, rule.get("ObjectSizeLessThan")),
    )
    tags = [{"Key": tag["Key"], "Value": tag["Value"]} for tag in rule.get("TagFilters") or []]
    if len(single) + len(tags) > 1:
        return {"And": {**single, **_present(Tags=tags or None)}}
    if tags:
        return {"Tag": tags[0]}
    return single or {"Prefix": ""}


def _transitions(rule: Mapping[str, Any], name: str, *, days: str) -> list[dict[str, Any]] | None:
    """Of the list, or of the older property for one alone."""
    given = rule.get(f"{name}s") or ([rule[name]] if rule.get(name) else [])
    return [
        _whole(_renamed(it, {"TransitionInDays": days, "TransitionDate": "Date"})) for it in given
    ] or None


def _renamed(mapping: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in mapping.items()}


def _converted(mapping: dict[str, Any], convert: Callable[[Any], Any], name: str) -> dict[str, Any]:
    return {**mapping, name: convert(mapping[name])} if name in mapping else mapping


def _whole(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers that come from parameters are text."""
    return {name: int(it) if isinstance(it, str) and it.isdigit() else it for name, it in mapping.items()}


def _optional(convert: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else convert(value)


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _truth(value: Any) -> bool:
    return str(value).lower() == "true"


_SETTINGS: dict[str, Callable[[Mapping[str, Any]], Call]] = {
    "VersioningConfiguration": _versioning,
    "BucketEncryption": _encryption,
    "PublicAccessBlockConfiguration": _public_access_block,
    "CorsConfiguration": _cors,
    "LifecycleConfiguration": _lifecycle,
}
