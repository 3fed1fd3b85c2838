"""AWS's own translator of SAM. Its import alone takes a third of a second, so this module is imported when needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from local_emulator.model import REGION
from local_emulator.template.errors import TemplateError
from local_emulator.template.language.source import Source


def translate(source: Source, document: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A SAM document, which is changed on the way, as CloudFormation.

    Raises:
        TemplateError: the translator refuses it; the message lists each resource's faults.
    """
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    try:
        return dict(translator.translate(document, parameter_values=dict(parameters)))
    except InvalidDocumentException as error:
        raise _refusal(error, source) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # What the translator did not expect, such as a list where it wants a mapping.
        raise TemplateError(f"SAM's translator cannot read the template: {error!r}") from error
    finally:
        # Goes nowhere, but the translator warns of metrics that it was not asked to hand over.
        translator.metrics.publish()


def _refusal(error: InvalidDocumentException, source: Source) -> TemplateError:
    causes = list(error.causes)
    if not causes:
        return TemplateError(str(error.message))
    message = "; ".join(str(cause.message) for cause in causes)
    ids = [cause_id for cause in causes if (cause_id := getattr(cause, "_logical_id", None))]
    line = source.line_of(ids[0]) if ids else None
    return TemplateError(f"SAM refuses the template: {message}", line=line)
