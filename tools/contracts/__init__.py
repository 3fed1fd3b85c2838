"""The contract with clients, for machines: docs/openapi.yaml and docs/asyncapi.yaml.

    schemas      the models' JSON Schemas
    routes       what template.yaml serves
    operations   what each HTTP route takes and answers
    openapi      the HTTP half as OpenAPI 3.1
    asyncapi     the frames as AsyncAPI 3.0

All shapes are the models that the functions decode and encode with; nothing here repeats one.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# As on Lambda, where the functions' folder is the root.
sys.path.insert(0, str(ROOT / "functions"))
