"""Buckets: an event for a function is news, and every event is completed to S3's own shape."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote_plus

_sequence = itertools.count(time.time_ns() >> 8)


def watch(emit: Callable[[dict[str, Any]], None]) -> None:
    """Hooks S3."""
    from moto.s3 import notifications

    original = notifications._get_s3_event

    @wraps(original)
    def get_event(event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:
        event: dict[str, Any] = original(event_name, bucket, key, notification_id)
        for record in event["Records"]:
            _complete_s3_record(record, bucket, key)
        return event

    def invoke(account_id: str, event_body: Any, fn_arn: str, region_name: str) -> None:
        emit({"invoke": fn_arn, "event": event_body})

    notifications._get_s3_event = get_event
    notifications._invoke_awslambda = invoke
    _tell_of_an_upload_once(notifications)
    _tell_of_delete_markers(notifications)


def _tell_of_an_upload_once(notifications: Any) -> None:
    """moto puts an object while it completes an upload, and says so."""
    from moto.s3.models import S3Backend

    names = notifications.S3NotificationEvent
    send, complete = notifications.send_event, S3Backend.complete_multipart_upload
    completing = False

    @wraps(send)
    def send_event(account_id: str, event_name: Any, bucket: Any, key: Any) -> None:
        if not (completing and event_name == names.OBJECT_CREATED_PUT_EVENT):
            send(account_id, event_name, bucket, key)

    @wraps(complete)
    def complete_multipart_upload(*arguments: Any, **named: Any) -> Any:
        nonlocal completing
        completing = True
        try:
            return complete(*arguments, **named)
        finally:
            completing = False

    notifications.send_event = send_event
    S3Backend.complete_multipart_upload = complete_multipart_upload


def _tell_of_delete_markers(notifications: Any) -> None:
    """moto says nothing of them."""
    from moto.s3.models import S3Backend

    delete = S3Backend.delete_object

    @wraps(delete)
    def delete_object(
        self: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
    ) -> Any:
        answer = delete(self, bucket_name, key_name, version_id, bypass)
        bucket = self.get_bucket(bucket_name)
        marker = bucket.keys.get(key_name)
        if bucket.is_versioned and version_id is None and marker is not None:
            told = SimpleNamespace(name=marker.name, version_id=marker.version_id, etag="", size=0)
            created = notifications.S3NotificationEvent.OBJECT_REMOVED_DELETE_MARKER_CREATED_EVENT
            notifications.send_event(self.account_id, created, bucket, told)
        return answer

    S3Backend.delete_object = delete_object


def _complete_s3_record(record: dict[str, Any], bucket: Any, key: Any) -> None:
    """moto leaves out half of docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html."""
    record["userIdentity"] = {"principalId": "AWS:LOCALEMULATOR"}
    record["requestParameters"] = {"sourceIPAddress": "127.0.0.1"}
    record["responseElements"] = {
        "x-amz-request-id": uuid.uuid4().hex[:16].upper(),
        "x-amz-id-2": uuid.uuid4().hex,
    }
    record["s3"]["bucket"]["ownerIdentity"] = {"principalId": "LOCALEMULATOR"}
    found = record["s3"]["object"]
    found["key"] = quote_plus(key.name, safe="/")
    if record["eventName"].startswith("ObjectRemoved:"):
        del found["size"], found["eTag"]
    if bucket.is_versioned:
        found["versionId"] = key.version_id
    # "compare the sequencer of two events of one key to know their order": hexadecimal, of one length.
    found["sequencer"] = f"{next(_sequence):018X}"
