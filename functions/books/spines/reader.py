"""Who reads the spines: one small interface, and the choice between those who fulfil it.

`bedrock` asks a vision model and needs nothing but boto3; `ocr` runs offline, within this process, and is too large
for a Lambda zip (docs/scan.md). Each is imported only where it is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from books.settings import SettingsError
from books.spines.photo import Photo
from books.spines.spine import Spine

VARIABLES = ("SPINE_READER", "BEDROCK_MODEL_ID")
"""What `from_env` looks at; docs/configuration.md lists them."""
BEDROCK = "bedrock"
OCR = "ocr"
DEFAULT_MODEL = "global.anthropic.claude-sonnet-5-5"
"""An inference profile that every commercial region offers."""


class SpineReader(Protocol):
    """Finds the spines on a photo and reads them."""

    def read(self, photo: Photo) -> list[Spine]:
        """From left to right; none where there are none.

        Raises:
            ReaderBusyError: it may answer when it is asked again.
            ReaderError: it will not answer for this photo.
        """


def from_env(environment: Mapping[str, str]) -> SpineReader:
    """The reader that `SPINE_READER` names.

    Raises:
        SettingsError: there is no such reader, or it is not installed here.
    """
    name = environment.get("SPINE_READER") or BEDROCK
    if name == BEDROCK:
        from books.spines import bedrock

        return bedrock.BedrockReader(
            bedrock.make_client(), model_id=environment.get("BEDROCK_MODEL_ID") or DEFAULT_MODEL
        )
    if name == OCR:
        try:
            from books.spines import ocr
        except ImportError as error:
            raise SettingsError(
                f"SPINE_READER={name!r}: {error.name} is not installed here; docs/scan.md says how to deploy it"
            ) from error
        return ocr.OcrReader()
    raise SettingsError(f"SPINE_READER={name!r}: {BEDROCK} or {OCR} is wanted")
