"""moto's buckets and objects, by moto's own interface: the one module here that knows it."""

from __future__ import annotations

from collections.abc import Mapping
from email.header import Header
from typing import Any
from xml.etree import ElementTree as ET

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.exceptions import InvalidStorageClass
from moto.s3.models import ALL_USERS_GRANTEE, PERMISSION_WRITE, get_canned_acl, s3_backends
from moto.s3.utils import metadata_from_headers

from local_emulator.store.server.s3.cors import Rule
from local_emulator.store.server.s3.errors import S3Error, invalid_argument

_CANNED_ACLS = {
    "private",
    "public-read",
    "public-read-write",
    "aws-exec-read",
    "authenticated-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
}


_MAX_TAGS = 10


class Bucket:
    """One of moto's buckets."""

    def __init__(self, bucket: Any) -> None:
        self._bucket = bucket
        self.name: str = bucket.name

    @classmethod
    def find(cls, name: str) -> Bucket | None:
        """The bucket of that name, if there is one."""
        bucket = _backend().buckets.get(name)
        return None if bucket is None else cls(bucket)

    @property
    def cors_rules(self) -> list[Rule]:
        """In the order in which they were set; none where CORS is not enabled."""
        return [
            Rule(
                origins=tuple(rule.allowed_origins or ()),
                methods=tuple(rule.allowed_methods or ()),
                headers=tuple(rule.allowed_headers or ()),
                exposed=tuple(rule.exposed_headers or ()),
                max_age=rule.max_age_seconds,
            )
            for rule in self._bucket.cors
        ]

    def is_writable_by_anyone(self, action: str, key: str) -> bool:
        """Whether a policy or the bucket's ACL lets an anonymous request do `action`, such as `s3:PutObject`."""
        from moto.iam.access_control import PermissionResult

        permission = self._bucket.get_permission(action, f"arn:aws:s3:::{self.name}/{key}")
        if permission != PermissionResult.NEUTRAL:
            return bool(permission == PermissionResult.PERMITTED)
        grants = self._bucket.acl.grants if self._bucket.acl else []
        return any(ALL_USERS_GRANTEE in it.grantees and PERMISSION_WRITE in it.permissions for it in grants)

    def put(self, key: str, content: bytes, fields: Mapping[str, str]) -> dict[str, str]:
        """Stores an object as a form's upload, with what `fields` (lower case) say of it.

        Gives the headers of S3's answer: the ETag, and `x-amz-*` where there are any.

        Raises:
            S3Error: InvalidStorageClass, InvalidArgument, MalformedXML, BadRequest, InvalidTag; nothing has been
                stored then.
        """
        backend = _backend()
        acl = _acl(fields["acl"]) if "acl" in fields else self._bucket.acl
        tags = _tags(fields["tagging"], backend.tagger) if "tagging" in fields else []
        headers = {name: _mail_safe(value) for name, value in fields.items()}
        try:
            stored = backend.put_object(
                self.name,
                key,
                content,
                storage=headers.get("x-amz-storage-class", "STANDARD"),
                encryption=headers.get("x-amz-server-side-encryption"),
                kms_key_id=headers.get("x-amz-server-side-encryption-aws-kms-key-id"),
                bucket_key_enabled=headers.get("x-amz-server-side-encryption-bucket-key-enabled"),
                request_method="POST",  # notifications tell a form's upload from others
            )
        except InvalidStorageClass as error:
            message = "The storage class you specified is not valid"
            raise S3Error(400, "InvalidStorageClass", message) from error
        stored.set_metadata(metadata_from_headers(headers))
        stored.set_acl(acl)
        stored.website_redirect_location = headers.get("x-amz-website-redirect-location")
        backend.tagger.delete_all_tags_for_resource(stored.arn)
        backend.tagger.tag_resource(stored.arn, tags)
        answer = stored.response_dict.items()
        return {
            name: str(value) for name, value in answer if name == "ETag" or name.lower().startswith("x-amz-")
        }


def _backend() -> Any:
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


def _mail_safe(value: str) -> str:
    """Fields come back as headers, and what no header can hold is encoded for that, as RFC 2047 has it:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html"""
    if value.isascii() and value.isprintable():
        return value
    return Header(value, "utf-8").encode(maxlinelen=0, linesep="")


def _acl(name: str) -> Any:
    if name not in _CANNED_ACLS:
        raise invalid_argument("", "x-amz-acl", name)
    return get_canned_acl(name)


def _tags(text: str, tagger: Any) -> list[dict[str, str]]:
    """Of a <Tagging> document; one of another shape has none.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html: at most ten, of unique keys.
    """
    try:
        root = ET.fromstring(text)  # noqa: S314  (expat itself bounds what entities grow to)
    except ET.ParseError as error:
        message = "The XML you provided was not well-formed or did not validate against our published schema"
        raise S3Error(400, "MalformedXML", message) from error
    found = [(tag.findtext("{*}Key"), tag.findtext("{*}Value")) for tag in root.iterfind("{*}TagSet/{*}Tag")]
    if len(found) > _MAX_TAGS:
        raise S3Error(400, "BadRequest", f"Object tags cannot be greater than {_MAX_TAGS}")
    tags: list[dict[str, str]] = tagger.convert_dict_to_tags_input(
        {key: value or "" for key, value in found if key}
    )
    reason = tagger.validate_tags(tags)
    if reason:
        raise S3Error(400, "InvalidTag", reason)
    return tags
