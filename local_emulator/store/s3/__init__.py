"""S3 as browsers and presigned requests meet it: the checks that moto leaves out, in front of moto's objects.

Where AWS documents an answer, the module that gives it names the page. What only S3 itself shows, codes, messages
and their order, is taken from recordings made against it, above all LocalStack's `aws.validated` snapshots
(localstack/localstack, tests/aws/services/s3/test_s3.snapshot.json and test_s3_cors.snapshot.json).
"""
