"""An identity provider for the JWT authorizer: the discovery document and the public key, nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def handler(event: Any, context: Any) -> Any:
    """`/.well-known/openid-configuration` and `/keys`."""
    if event["rawPath"].endswith("/keys"):
        return {"keys": [json.loads(Path(__file__).with_name("issuer.json").read_text())]}
    issuer = os.environ["ISSUER"]
    return {"issuer": issuer, "jwks_uri": f"{issuer}/keys"}
