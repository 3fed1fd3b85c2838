"""Reads templates that stand in a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_emulator.model import Application
from local_emulator.template import TemplateError, load

HEAD = "Transform: AWS::Serverless-2016-10-31\nResources:\n"
FUNCTION = """
  F:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: code, Handler: app.handler, Runtime: python3.11 }
"""


def loaded(folder: Path, text: str, **overrides: str) -> Application:
    path = folder / "template.yaml"
    path.write_text(text)
    return load(path, overrides, address="localhost:4000")


def refused(folder: Path, text: str) -> TemplateError:
    with pytest.raises(TemplateError) as raised:
        loaded(folder, text)
    return raised.value
