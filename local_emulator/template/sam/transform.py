"""The SAM transform, by AWS's own translator, with code left where it is on disk."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from local_emulator.template.language.includes import transforms
from local_emulator.template.language.source import Source
from local_emulator.template.sam.remembered import Remembered

_LOCAL_BUCKET = "local-folder"
_CODE_PROPERTIES = ("CodeUri", "ContentUri")
_SAM = "AWS::Serverless-2016-10-31"


def transform(
    source: Source,
    given: Mapping[str, Any],
    parameters: Mapping[str, Any],
    remembered: Remembered | None = None,
) -> dict[str, Any]:
    """A template's document as CloudFormation; one without the SAM transform comes back as it is.

    `source` is what was written, for the lines of errors; `remembered` knows translations of earlier starts.

    Raises:
        TemplateError: the translator refuses it; the message lists each resource's faults.
    """
    document = copy.deepcopy(dict(given))
    if not _wants_sam(document):
        return document
    _hide_local_code(document)
    known = remembered.get(document, parameters) if remembered is not None else None
    if known is not None:
        return known
    # Imported here: a start that remembers does without it.
    from local_emulator.template.sam.translator import translate

    translated = translate(source, copy.deepcopy(document), parameters)
    if remembered is not None:
        remembered.put(document, parameters, translated)
    return translated


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
