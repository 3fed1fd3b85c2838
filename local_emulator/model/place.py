"""Where everything is."""

from __future__ import annotations

import os

REGION = os.environ.get("LOCAL_EMULATOR_REGION") or "us-east-1"
"""One for everything; `--region` sets the variable for this process and the store's."""
ACCOUNT_ID = "123456789012"
