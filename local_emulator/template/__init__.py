"""Reads a SAM or CloudFormation template and says what is to be run."""

from local_emulator.template.errors import TemplateError
from local_emulator.template.loader import load

__all__ = ["TemplateError", "load"]
