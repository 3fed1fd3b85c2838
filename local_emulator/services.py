"""How functions, and the emulator's own boto3 clients, reach AWS's services: variables in the SDKs' own names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_emulator.model import REGION

_PREFIX = "AWS_ENDPOINT_URL_"
_DUMMY_CREDENTIALS = {
    # Well-formed, since SDKs and moto look at the shape.
    "AWS_ACCESS_KEY_ID": "AKIALOCALEMULATOR000",
    "AWS_SECRET_ACCESS_KEY": "local-emulator-secret-key",
    "AWS_SESSION_TOKEN": "local-emulator-session-token",
}


def service_variables(
    host: Mapping[str, str], *, store_url: str, lambda_url: str, ca_bundle: Path | None
) -> dict[str, str]:
    """The variables, given those of the host.

    Every service is the store's, but Lambda and those for which the host sets AWS_ENDPOINT_URL_<SERVICE>. Only where
    it does are the person's own credentials passed on: nothing else can reach a real account.
    """
    theirs = {name: value for name, value in host.items() if name.startswith(_PREFIX) and value}
    trust = {}
    if ca_bundle is not None:
        names = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
        trust = dict.fromkeys(names, str(ca_bundle))
    return {
        **credentials(host),
        **trust,
        "AWS_ENDPOINT_URL": store_url,
        f"{_PREFIX}LAMBDA": lambda_url,
        **theirs,
    }


def credentials(host: Mapping[str, str]) -> dict[str, str]:
    """The variables of the credentials that functions sign with, given those of the host."""
    redirected = any(name.startswith(_PREFIX) and value for name, value in host.items())
    return _own_credentials() if redirected else _DUMMY_CREDENTIALS


def _own_credentials() -> dict[str, str]:
    import boto3

    own = boto3.Session().get_credentials()
    if own is None:
        return _DUMMY_CREDENTIALS
    frozen = own.get_frozen_credentials()
    variables = {
        "AWS_ACCESS_KEY_ID": frozen.access_key,
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
        "AWS_SESSION_TOKEN": frozen.token,
    }
    return {name: str(value) for name, value in variables.items() if value}


def client(service: str, variables: Mapping[str, str], **arguments: Any) -> Any:
    """A boto3 client that goes where a function's would; `service` is boto3's name, such as `dynamodb`."""
    # Imported here: the store is started before anything slow.
    import boto3

    specific = f"{_PREFIX}{service.upper().replace('-', '_')}"
    return boto3.client(
        service,  # type: ignore[call-overload]
        region_name=REGION,
        endpoint_url=variables.get(specific) or variables["AWS_ENDPOINT_URL"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=variables.get("AWS_SESSION_TOKEN"),
        **arguments,
    )
