"""The access keys whose signatures the store can check."""

from __future__ import annotations

from collections.abc import Mapping

from botocore.credentials import Credentials
from moto.core import DEFAULT_ACCOUNT_ID

from local_emulator.store.server.s3.errors import S3Error


class Keyring:
    """The emulator's own key, and those that IAM and STS have given out here.

    The key of a session is good only with its token:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html
    """

    def __init__(self, own: Credentials) -> None:
        self._own = own

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Keyring:
        """With the key that is in the SDKs' own variables."""
        return cls(
            Credentials(
                variables.get("AWS_ACCESS_KEY_ID", ""),
                variables.get("AWS_SECRET_ACCESS_KEY", ""),
                variables.get("AWS_SESSION_TOKEN"),
            )
        )

    def credentials(self, access_key: str, token: str | None) -> Credentials:
        """The secret that belongs to a key.

        Raises:
            S3Error: InvalidAccessKeyId, InvalidToken.
        """
        if access_key != self._own.access_key:
            return _given_out(access_key, token)
        if (token or None) != (self._own.token or None):
            raise _unknown(access_key) if self._own.token and not token else _wrong_token(token)
        return self._own


def _given_out(access_key: str, token: str | None) -> Credentials:
    # Only now: IAM's many policies take long to load, and hardly anybody makes keys of their own.
    from moto.iam.access_control import CreateAccessKeyFailure, create_access_key

    headers = {"X-Amz-Security-Token": token} if token else {}
    try:
        credentials: Credentials = create_access_key(
            DEFAULT_ACCOUNT_ID, "aws", access_key, headers
        ).create_credentials()
    except CreateAccessKeyFailure as failure:
        raise _wrong_token(token) if failure.reason == "InvalidToken" else _unknown(access_key) from failure
    return credentials


def _unknown(access_key: str) -> S3Error:
    return S3Error(
        403,
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        AWSAccessKeyId=access_key,
    )


def _wrong_token(token: str | None) -> S3Error:
    message = "The provided token is malformed or otherwise invalid."
    return S3Error(400, "InvalidToken", message, Token_0=token or "")
