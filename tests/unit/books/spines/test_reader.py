"""Which reader a setting names."""

from __future__ import annotations

import sys

import pytest

from books import spines
from books.settings import SettingsError
from books.spines import reader
from books.spines.bedrock import BedrockReader


@pytest.mark.parametrize("environment", [{}, {"SPINE_READER": ""}, {"SPINE_READER": "bedrock"}])
def test_bedrock_reads_where_nothing_else_is_said(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It needs nothing that Lambda has not."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    assert isinstance(reader.from_env(environment), BedrockReader)


def test_ocr_reads_where_it_is_chosen() -> None:
    """Without any other setting."""
    assert "OcrReader" == type(reader.from_env({"SPINE_READER": "ocr"})).__name__


def test_an_unknown_reader_is_named() -> None:
    """With those that there are."""
    with pytest.raises(SettingsError, match="SPINE_READER='textract': bedrock or ocr is wanted"):
        reader.from_env({"SPINE_READER": "textract"})


def test_a_reader_that_is_not_installed_is_named_with_the_way_to_deploy_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A zip on Lambda has no room for it."""
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    monkeypatch.delitem(sys.modules, "books.spines.ocr", raising=False)
    monkeypatch.delattr(spines, "ocr", raising=False)

    with pytest.raises(
        SettingsError, match=r"SPINE_READER='ocr': rapidocr is not installed here; docs/scan.md"
    ):
        reader.from_env({"SPINE_READER": "ocr"})
