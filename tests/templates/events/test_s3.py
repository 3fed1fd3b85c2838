"""Buckets that notify functions, queues and topics."""

from __future__ import annotations

import json
from typing import Any

from tests.templates.events.conftest import Running

TEMPLATE = "s3.yaml"
BUCKET = "uploads-of-the-test"


async def put(running: Running, key: str, body: bytes = b"x", bucket: str = BUCKET) -> None:
    await running.call("s3", "put_object", Bucket=bucket, Key=key, Body=body)


def keys(records: list[Any]) -> list[tuple[str, str]]:
    return [(record["eventName"], record["s3"]["object"]["key"]) for record in records]


async def test_created_object_reaches_the_function(running: Running) -> None:
    """One record an event, in S3's own shape; the key is encoded as in a form."""
    await put(running, "some folder/grüße+1.txt", b"hello")
    ((record,),) = await running.until(lambda: [event["Records"] for event in running.events("Created")])

    assert (record["eventVersion"], record["eventSource"], record["awsRegion"]) == (
        "2.1",
        "aws:s3",
        "us-east-1",
    )
    assert record["eventName"] == "ObjectCreated:Put"
    assert {"principalId"} == set(record["userIdentity"])
    assert {"sourceIPAddress"} == set(record["requestParameters"])
    assert record["s3"]["s3SchemaVersion"] == "1.0"
    assert record["s3"]["bucket"]["name"] == BUCKET
    assert record["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{BUCKET}"
    found = record["s3"]["object"]
    assert found["key"] == "some+folder/gr%C3%BC%C3%9Fe%2B1.txt"
    assert (found["size"], found["eTag"]) == (5, "5d41402abc4b2a76b9719d911017c592")
    assert found["sequencer"]


async def test_only_what_the_filter_names_reaches_the_function(running: Running) -> None:
    """Prefix and suffix must both fit; a removed object has neither size nor tag."""
    await put(running, "photos/a.png")
    await put(running, "b.jpg")
    await put(running, "photos/c.jpg")
    await running.call("s3", "delete_object", Bucket=BUCKET, Key="photos/a.png")
    await running.call("s3", "delete_object", Bucket=BUCKET, Key="photos/c.jpg")
    await running.until(lambda: len(running.records("Created")) == 3 and len(running.records("Photos")) == 2)

    created, removed = sorted(
        running.records("Photos"), key=lambda record: record["s3"]["object"]["sequencer"]
    )
    assert keys([created, removed]) == [
        ("ObjectCreated:Put", "photos/c.jpg"),
        ("ObjectRemoved:Delete", "photos/c.jpg"),
    ]
    assert set(removed["s3"]["object"]) == {"key", "sequencer"}


async def test_copies_and_parts_put_together_are_told(running: Running) -> None:
    """Each way to create an object has its own name."""
    await put(running, "one")
    await running.call("s3", "copy_object", Bucket=BUCKET, Key="two", CopySource=f"{BUCKET}/one")
    upload = await running.call("s3", "create_multipart_upload", Bucket=BUCKET, Key="three")
    arguments = {"Bucket": BUCKET, "Key": "three", "UploadId": upload["UploadId"]}
    part = await running.call("s3", "upload_part", PartNumber=1, Body=b"part", **arguments)
    await running.call(
        "s3",
        "complete_multipart_upload",
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
        **arguments,
    )
    await running.until(lambda: len(running.records("Created")) == 3)

    assert set(keys(running.records("Created"))) == {
        ("ObjectCreated:Put", "one"),
        ("ObjectCreated:Copy", "two"),
        ("ObjectCreated:CompleteMultipartUpload", "three"),
    }


async def test_delete_marker_is_told_as_such(running: Running) -> None:
    """In a bucket with versions a deletion only hides the object."""
    await running.call(
        "s3", "put_bucket_versioning", Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
    )
    await put(running, "photos/a.jpg")
    await running.call("s3", "delete_object", Bucket=BUCKET, Key="photos/a.jpg")
    await running.until(lambda: len(running.records("Photos")) == 2)

    assert set(keys(running.records("Photos"))) == {
        ("ObjectCreated:Put", "photos/a.jpg"),
        ("ObjectRemoved:DeleteMarkerCreated", "photos/a.jpg"),
    }
    assert all(record["s3"]["object"]["versionId"] for record in running.records("Photos"))


async def test_queue_and_topic_are_notified(running: Running) -> None:
    """A new notification is tried once with a test event; then come the events that its filter lets through."""
    archive = running.emulator.application.outputs["Archive"]
    await put(running, "a.txt", bucket=archive)
    await put(running, "b.zip", bucket=archive)
    await running.call("s3", "delete_object", Bucket=archive, Key="b.zip")

    test, event = map(json.loads, await running.messages("Queue", 2))
    (record,) = await running.until(lambda: running.records("Removed"))

    assert test["Event"] == "s3:TestEvent"
    assert keys(event["Records"]) == [("ObjectCreated:Put", "b.zip")]
    assert keys(json.loads(record["Sns"]["Message"])["Records"]) == [("ObjectRemoved:Delete", "b.zip")]
