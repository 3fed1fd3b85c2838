"""The AWS services that functions call (DynamoDB, SQS, S3…): moto in a process of its own."""
