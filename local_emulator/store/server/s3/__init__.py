"""S3 as browsers and presigned requests meet it: the checks that moto leaves out, in front of moto's objects.

Where AWS documents an answer, the module that gives it names the page. AWS documents few messages and no order; those
are S3's own as others have recorded them, above all in LocalStack's `aws.validated` snapshots (localstack/localstack,
tests/aws/services/s3/test_s3.snapshot.json and test_s3_cors.snapshot.json), and else in the trackers of SDKs and
upload libraries. What is not checked: the region of a signature, and what IAM or a bucket policy denies to its signer.
"""
