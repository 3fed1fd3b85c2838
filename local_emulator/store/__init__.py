"""The AWS services that functions call (DynamoDB, SQS, S3…): moto in a process of its own.

process        the process, as the emulator holds it
provision      creates in it what a template declares; bucket_settings, what is set on a bucket
subscriptions  ties it together: notifications, topics, rules
remote_faults  its faults, as the emulator sets them
paths          where it is asked what no AWS service would answer
server/        what runs in the process; nothing outside imports that, and so moto
"""
