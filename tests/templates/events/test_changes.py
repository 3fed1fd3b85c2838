"""A template that is changed while it runs: its event sources, schedules and subscriptions."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.templates.events.conftest import FOLDER, Running

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {CodeUri: src/, Runtime: python3.11, Timeout: 10, Handler: recorder.handler}}
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: items
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  Plain:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: plain
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: work, VisibilityTimeout: 2}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: news}}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: files}}
  Worker: {Type: AWS::Serverless::Function}
  Slow:
    Type: AWS::Serverless::Function
    Properties:
      Handler: recorder.slow
      Events: {Message: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
"""
READER = """
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Change:
          Type: DynamoDB
          Properties: {Stream: !GetAtt Table.StreamArn, StartingPosition: TRIM_HORIZON, BatchSize: 9}
"""
TOLD = """
  Told:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        News: {Type: SNS, Properties: {Topic: !Ref Topic}}
        File: {Type: S3, Properties: {Bucket: !Ref Bucket, Events: "s3:ObjectCreated:*"}}
        Order: {Type: EventBridgeRule, Properties: {Pattern: {source: [shop]}}}
"""


class Changing(Running):
    """One whose template is written anew."""

    def __init__(self, folder: Path, certificates: Path) -> None:
        super().__init__(str(folder / "template.yaml"), certificates)
        self._file = folder / "template.yaml"

    async def change(self, text: str) -> str:
        """What is said of it."""
        self._file.write_text(text)
        return await self.emulator.reload_template()

    async def tell(self, word: str) -> None:
        """By a message, an object and an event."""
        topic = "arn:aws:sns:us-east-1:123456789012:news"
        await self.call("sns", "publish", TopicArn=topic, Message=word)
        await self.call("s3", "put_object", Bucket="files", Key=word, Body=b"")
        entry = {"Source": "shop", "DetailType": "order", "Detail": f'{{"word": "{word}"}}'}
        await self.call("events", "put_events", Entries=[entry])


@pytest.fixture
async def changing(tmp_path: Path, certificates: Path) -> AsyncIterator[Changing]:
    shutil.copytree(FOLDER / "src", tmp_path / "src")
    (tmp_path / "template.yaml").write_text(TEMPLATE + READER)
    made = Changing(tmp_path, certificates)
    async with made.emulator:
        yield made
    made.close()


def keys(changing: Changing) -> list[str]:
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in changing.records("Reader")]


async def put(changing: Changing, key: str) -> None:
    await changing.call("dynamodb", "put_item", TableName="items", Item={"pk": {"S": key}})


async def test_a_mapping_that_changed_goes_on_where_it_was(changing: Changing) -> None:
    """Records that were done with do not come again, those written meanwhile do."""
    await put(changing, "one")
    await changing.until(lambda: keys(changing) == ["one"])

    said = await changing.change(TEMPLATE + READER.replace("BatchSize: 9", "BatchSize: 8"))
    await put(changing, "two")
    await changing.until(lambda: "two" in keys(changing))

    assert "changed ReaderChange" == said
    assert ["one", "two"] == keys(changing)


async def test_a_mapping_that_did_not_change_is_not_disturbed(changing: Changing) -> None:
    """The batch under way is deleted when its function is done, and delivered once."""
    await changing.call("sqs", "send_message", QueueUrl=await url(changing), MessageBody="x")
    await changing.until(lambda: changing.events("Slow"))

    await changing.change(TEMPLATE)
    while await waiting(changing):  # noqa: ASYNC110 the queue tells nobody
        await asyncio.sleep(0.05)

    assert 1 == len(changing.events("Slow"))


async def url(changing: Changing) -> str:
    found = await changing.call("sqs", "get_queue_url", QueueName="work")
    return str(found["QueueUrl"])


async def waiting(changing: Changing) -> int:
    answer = await changing.call(
        "sqs", "get_queue_attributes", QueueUrl=await url(changing), AttributeNames=["All"]
    )
    found = answer["Attributes"]
    return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])


async def test_subscriptions_come_and_go(changing: Changing) -> None:
    """A topic, a bucket and an event bus tell a function from the moment that it is subscribed, and no longer."""
    await changing.change(TEMPLATE + TOLD)
    await changing.tell("first")
    await changing.until(lambda: 3 == len(changing.events("Told")))

    await changing.change(TEMPLATE + TOLD[: TOLD.index("    Properties:")])
    await changing.tell("second")
    await changing.change(TEMPLATE + TOLD)
    await changing.tell("third")
    told = await changing.until(lambda: len(changing.events("Told")) >= 6 and changing.events("Told"))

    assert 6 == len(told)
    assert "second" not in str(told)


async def test_a_mapping_that_cannot_begin_is_said_and_the_rest_goes_on(changing: Changing) -> None:
    """A table that was made without a stream gets none while it runs."""
    name = "TableName: plain"
    streaming = TEMPLATE.replace(name, f"{name}\n      StreamSpecification: {{StreamViewType: NEW_IMAGE}}")

    said = await changing.change(
        streaming + READER + READER.replace("Reader", "Other").replace("Table.", "Plain.")
    )
    await put(changing, "one")

    assert "OtherChange cannot begin: the table plain was made without a stream" in said
    await changing.until(lambda: keys(changing) == ["one"])
