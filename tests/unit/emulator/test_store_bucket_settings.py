"""A template's bucket, in the words of S3's API."""

from __future__ import annotations

from typing import Any

import pytest

from local_emulator.store.bucket_settings import calls


def test_bucket_without_settings_needs_no_calls() -> None:
    """Nor do properties that the store has no use for."""
    properties = {"BucketName": "b", "Tags": [], "NotificationConfiguration": {"LambdaConfigurations": [{}]}}

    assert [] == list(calls({}))
    assert [] == list(calls(properties))


@pytest.mark.parametrize(
    ("properties", "call"),
    [
        (
            {"VersioningConfiguration": {"Status": "Enabled"}},
            ("put_bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}),
        ),
        (
            {"PublicAccessBlockConfiguration": {"BlockPublicAcls": "true", "BlockPublicPolicy": False}},
            (
                "put_public_access_block",
                {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "BlockPublicPolicy": False}},
            ),
        ),
        (
            {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {
                            "ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                            "BucketKeyEnabled": "true",
                        }
                    ]
                }
            },
            (
                "put_bucket_encryption",
                {
                    "ServerSideEncryptionConfiguration": {
                        "Rules": [
                            {
                                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                                "BucketKeyEnabled": True,
                            }
                        ]
                    }
                },
            ),
        ),
        (
            {
                "CorsConfiguration": {
                    "CorsRules": [
                        {
                            "Id": "page",
                            "AllowedMethods": ["POST"],
                            "AllowedOrigins": ["*"],
                            "ExposedHeaders": ["ETag"],
                            "MaxAge": "600",
                        }
                    ]
                }
            },
            (
                "put_bucket_cors",
                {
                    "CORSConfiguration": {
                        "CORSRules": [
                            {
                                "ID": "page",
                                "AllowedMethods": ["POST"],
                                "AllowedOrigins": ["*"],
                                "ExposeHeaders": ["ETag"],
                                "MaxAgeSeconds": 600,
                            }
                        ]
                    }
                },
            ),
        ),
    ],
    ids=["versioning", "public access", "encryption", "cors"],
)
def test_setting_becomes_a_call(properties: dict[str, Any], call: tuple[str, Any]) -> None:
    """Renamed where the API has other names; numbers and truth values may be text, as parameters are."""
    assert [call] == list(calls(properties))


@pytest.mark.parametrize(
    ("rule", "translated"),
    [
        ({"ExpirationInDays": "1"}, {"Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}),
        (
            {"Id": "r", "Prefix": "uploads/", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": "1"}},
            {
                "ID": "r",
                "Filter": {"Prefix": "uploads/"},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
            },
        ),
        (
            {"TagFilters": [{"Key": "k", "Value": "v"}], "ExpiredObjectDeleteMarker": "true"},
            {
                "Filter": {"Tag": {"Key": "k", "Value": "v"}},
                "Expiration": {"ExpiredObjectDeleteMarker": True},
            },
        ),
        (
            {
                "Prefix": "a/",
                "TagFilters": [{"Key": "k", "Value": "v"}],
                "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 3}],
                "NoncurrentVersionTransition": {"StorageClass": "GLACIER", "TransitionInDays": 5},
                "NoncurrentVersionExpirationInDays": 9,
            },
            {
                "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}},
                "Transitions": [{"StorageClass": "GLACIER", "Days": 3}],
                "NoncurrentVersionTransitions": [{"StorageClass": "GLACIER", "NoncurrentDays": 5}],
                "NoncurrentVersionExpiration": {"NoncurrentDays": 9},
            },
        ),
    ],
    ids=["everything", "prefix", "tag", "several"],
)
def test_lifecycle_rule_is_translated(rule: dict[str, Any], translated: dict[str, Any]) -> None:
    """The API nests what CloudFormation has side by side."""
    ((operation, arguments),) = calls({"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", **rule}]}})

    assert "put_bucket_lifecycle_configuration" == operation
    assert {"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", **translated}]}} == arguments


@pytest.mark.parametrize(
    "properties",
    [
        {"CorsConfiguration": {"Rules": []}},
        {"CorsConfiguration": {"CorsRules": [{"MaxAge": "long"}]}},
        {"LifecycleConfiguration": {"Rules": [{"Id": "r"}]}},
        {"BucketEncryption": [1]},
        {"PublicAccessBlockConfiguration": "all"},
    ],
)
def test_setting_of_another_shape_is_named(properties: dict[str, Any]) -> None:
    """So that the template's author finds it."""
    with pytest.raises(ValueError, match=f"its {next(iter(properties))} cannot be understood"):
        list(calls(properties))
