"""What a template says of events: mappings, schedules, subscriptions, and what becomes of an event that fails."""

from __future__ import annotations

from pathlib import Path

from local_emulator.model import Asynchronous, StreamEventSource
from tests.unit.emulator.template.reading import FUNCTION, HEAD, loaded


def test_event_sources_and_stores_are_read(folder: Path) -> None:
    """The mappings of a queue and a stream with all their settings, and what the store must hold."""
    application = loaded(
        folder,
        HEAD
        + """
  Queue: { Type: AWS::SQS::Queue, Properties: { VisibilityTimeout: 9 } }
  Table: { Type: AWS::DynamoDB::Table, Properties: { StreamSpecification: { StreamViewType: NEW_IMAGE } } }
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Runtime: python3.11
      Events:
        Queue:
          Type: SQS
          Properties:
            Queue: !GetAtt Queue.Arn
            BatchSize: 5
            MaximumBatchingWindowInSeconds: 2
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: { MaximumConcurrency: 4 }
        Stream:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            StartingPosition: LATEST
            BisectBatchOnFunctionError: true
            MaximumRetryAttempts: 2
            MaximumRecordAgeInSeconds: -1
            FilterCriteria: { Filters: [{ Pattern: '{"eventName": ["INSERT"]}' }] }
            DestinationConfig: { OnFailure: { Type: SQS, Destination: !GetAtt Queue.Arn } }
        Other:
          Type: Kinesis
          Properties: { Stream: "arn:aws:kinesis:us-east-1:1:stream/s", StartingPosition: LATEST }
""",
    )

    (source,) = application.sqs_event_sources
    assert (source.function, source.queue, source.batch_size, source.batch_window_seconds) == (
        "F",
        "Queue",
        5,
        2,
    )
    assert (source.report_batch_item_failures, source.maximum_concurrency, source.enabled) == (True, 4, True)
    assert {store.logical_id: store.name for store in application.store_resources} == {
        "Table": "local-Table",
        "Queue": "local-Queue",
    }
    (stream,) = application.stream_event_sources
    assert stream == StreamEventSource(
        logical_id="FStream",
        function="F",
        table="Table",
        stream_arn="arn:aws:dynamodb:us-east-1:123456789012:table/local-Table/stream/2026-01-01T00:00:00.000",
        starting_position="LATEST",
        bisect_on_error=True,
        maximum_retries=2,
        on_failure="arn:aws:sqs:us-east-1:123456789012:local-Queue",
        filters=('{"eventName": ["INSERT"]}',),
    )
    assert any("FOther" in warning for warning in application.warnings)


def test_schedules_and_subscriptions_are_read(folder: Path) -> None:
    """Rules with a schedule and schedules, and what leads from the store to functions; what is not reached is noted."""
    application = loaded(
        folder,
        HEAD
        + """
  Topic: { Type: AWS::SNS::Topic }
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Runtime: python3.11
      Events:
        Rate: { Type: Schedule, Properties: { Schedule: rate(5 minutes), Input: '{"a": 1}', Enabled: false } }
        Cron:
          Type: ScheduleV2
          Properties: { ScheduleExpression: "cron(0 9 ? * MON-FRI *)", ScheduleExpressionTimezone: Europe/Berlin }
        Topic: { Type: SNS, Properties: { Topic: !Ref Topic } }
        Pattern: { Type: EventBridgeRule, Properties: { Pattern: { source: [a] } } }
  Mail: { Type: AWS::SNS::Subscription, Properties: { TopicArn: !Ref Topic, Protocol: email, Endpoint: a@b } }
  Rule:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 day)
      Targets: [{ Id: x, Arn: "arn:aws:states:us-east-1:123456789012:stateMachine:m" }]
""",
    )

    found = {schedule.logical_id: schedule for schedule in application.schedules}
    rate, cron, rule = found["FRate"], found["FCron"], found["Rule"]
    assert (rate.source, rate.expression, rate.enabled) == ("aws.events", "rate(5 minutes)", False)
    assert [(target.arn, target.settings["Input"]) for target in rate.targets] == [
        ("arn:aws:lambda:us-east-1:123456789012:function:local-F", '{"a": 1}')
    ]
    assert (cron.source, cron.expression) == ("aws.scheduler", "cron(0 9 ? * MON-FRI *)")
    assert (cron.timezone, cron.enabled) == ("Europe/Berlin", True)
    assert rule.targets == ()
    assert {one.logical_id: one.type for one in application.subscriptions} == {
        "FTopic": "AWS::SNS::Subscription",
        "FPattern": "AWS::Events::Rule",
    }
    assert any("Mail" in warning and "email" in warning for warning in application.warnings)
    assert any("stateMachine" in warning for warning in application.warnings)


def test_alias_and_version_mean_their_function(folder: Path) -> None:
    """What SAM's AutoPublishAlias puts between an event and its function leads to the code that stands here."""
    application = loaded(
        folder,
        HEAD
        + """
  Bucket: { Type: AWS::S3::Bucket }
  Queue: { Type: AWS::SQS::Queue }
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Runtime: python3.11
      AutoPublishAlias: live
      EventInvokeConfig: { MaximumRetryAttempts: 0 }
      Events:
        Upload: { Type: S3, Properties: { Bucket: !Ref Bucket, Events: "s3:ObjectCreated:*" } }
        Queue: { Type: SQS, Properties: { Queue: !GetAtt Queue.Arn } }
        Get: { Type: HttpApi, Properties: { Method: GET, Path: /x } }
Outputs:
  Version: { Value: !Ref F.Version }
""",
    )

    arn = "arn:aws:lambda:us-east-1:123456789012:function:local-F"
    (bucket,) = (one for one in application.store_resources if one.logical_id == "Bucket")
    (notification,) = bucket.properties["NotificationConfiguration"]["LambdaConfigurations"]
    assert notification["Function"] == f"{arn}:live"
    assert application.outputs["Version"] == f"{arn}:1"
    assert [source.function for source in application.sqs_event_sources] == ["F"]
    assert [route.function for route in application.http_apis[0].routes] == ["F"]
    assert application.functions["F"].asynchronous.maximum_retries == 0


def test_asynchronous_settings_are_read(folder: Path) -> None:
    """The dead-letter queue, the tries and the destinations of a function; without any, Lambda's own numbers."""
    application = loaded(
        folder,
        HEAD
        + FUNCTION
        + """
  Queue: { Type: AWS::SQS::Queue }
  G:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Runtime: python3.11
      DeadLetterQueue: { Type: SQS, TargetArn: !GetAtt Queue.Arn }
      EventInvokeConfig:
        MaximumRetryAttempts: 0
        MaximumEventAgeInSeconds: 60
        DestinationConfig: { OnSuccess: { Type: SNS, Destination: "arn:aws:sns:us-east-1:123456789012:t" } }
""",
    )

    assert application.functions["F"].asynchronous == Asynchronous()
    assert application.functions["G"].asynchronous == Asynchronous(
        maximum_retries=0,
        maximum_age_seconds=60,
        on_success="arn:aws:sns:us-east-1:123456789012:t",
        dead_letter="arn:aws:sqs:us-east-1:123456789012:local-Queue",
    )
