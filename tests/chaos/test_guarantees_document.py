"""docs/guarantees.md names modules and tests; both are there."""

from __future__ import annotations

import ast
import re

import pytest

from tools.stack import ROOT

_DOCUMENT = (ROOT / "docs" / "guarantees.md").read_text()
_TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", _DOCUMENT)))
_FILES = sorted(set(re.findall(r"`((?:functions|bookstrack|tests)/[\w/]+\.py)`", _DOCUMENT)))


@pytest.mark.parametrize(("file", "name"), _TESTS)
def test_a_test_that_a_promise_names_is_there(file: str, name: str) -> None:
    """Under that very name."""
    functions = [
        node.name
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    assert name in functions


@pytest.mark.parametrize("file", _FILES)
def test_a_module_that_keeps_a_promise_is_there(file: str) -> None:
    """Where the document says."""
    assert (ROOT / file).is_file()


def test_each_promise_says_how_it_is_kept_tested_and_where_it_ends() -> None:
    """Nine of a job, and those of the protocol."""
    promises = _DOCUMENT.split("\n### ")[1:]

    assert 9 == sum(promise[0].isdigit() for promise in promises)
    for promise in promises:
        parts = [re.match(r"\w+ ?\w+", line[2:]) for line in promise.splitlines() if line.startswith("- ")]
        assert ["kept by", "tested by", "not promised"] == [part and part.group() for part in parts], promise
