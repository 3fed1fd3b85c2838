"""The SAM transform, by AWS's own translator, with code left where it is on disk."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import boto3
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from local_emulator.model import REGION
from local_emulator.template.errors import TemplateError
from local_emulator.template.includes import transforms
from local_emulator.template.source import Source

_LOCAL_BUCKET = "local-folder"
_CODE_PROPERTIES = ("CodeUri", "ContentUri")
_SAM = "AWS::Serverless-2016-10-31"


def transform(source: Source, given: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A template's document as CloudFormation; one without the SAM transform comes back as it is.

    `source` is what was written, for the lines of errors.

    Raises:
        TemplateError: the translator refuses it; the message lists each resource's faults.
    """
    document = copy.deepcopy(dict(given))
    if not _wants_sam(document):
        return document
    _hide_local_code(document)
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


def local_folder(code: Any, template: Path) -> Path | None:
    """The folder that a Lambda `Code` or `Content` property names, None where it is not on this machine."""
    if isinstance(code, str):
        relative = code
    elif isinstance(code, Mapping) and code.get("S3Bucket") == _LOCAL_BUCKET:
        relative = unquote(str(code["S3Key"]))
    else:
        return None
    return (template.parent / relative).resolve()


def _wants_sam(document: Mapping[str, Any]) -> bool:
    return _SAM in transforms(document)


def _hide_local_code(document: dict[str, Any]) -> None:
    """The translator takes code from S3 only: `sam package` uploads it first, and this stands in for the upload."""
    resources = [resource.get("Properties") for resource in document["Resources"].values()]
    shared = [section for section in document.get("Globals", {}).values() if isinstance(section, dict)]
    for properties in [*resources, *shared]:
        for name in _CODE_PROPERTIES:
            code = properties.get(name) if isinstance(properties, dict) else None
            if isinstance(code, str) and not code.startswith("s3://"):
                properties[name] = f"s3://{_LOCAL_BUCKET}/{quote(code, safe='')}"


def _refusal(error: InvalidDocumentException, source: Source) -> TemplateError:
    causes = list(error.causes)
    if not causes:
        return TemplateError(str(error.message))
    message = "; ".join(str(cause.message) for cause in causes)
    ids = [cause_id for cause in causes if (cause_id := getattr(cause, "_logical_id", None))]
    line = source.line_of(ids[0]) if ids else None
    return TemplateError(f"SAM refuses the template: {message}", line=line)
