"""Translations of templates, kept between starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local_emulator.template import load
from local_emulator.template.sam.remembered import Remembered

TEMPLATE = Path(__file__).parents[4] / "template.yaml"
DOCUMENT = {"Resources": {"A": {"Type": "AWS::Serverless::Function"}}}


def test_translation_comes_back_as_it_was(tmp_path: Path) -> None:
    """In order, too; and only for the same template and parameters."""
    remembered = Remembered(tmp_path / "new" / "folder")
    remembered.put(DOCUMENT, {"P": ["1"]}, {"Resources": {"B": 1, "A": [True, None, 0.5]}})

    found = Remembered(tmp_path / "new" / "folder").get(DOCUMENT, {"P": ["1"]})

    assert {"Resources": {"B": 1, "A": [True, None, 0.5]}} == found
    assert ["B", "A"] == list(found["Resources"])
    assert remembered.get(DOCUMENT, {"P": ["2"]}) is None
    assert remembered.get({**DOCUMENT, "Description": "x"}, {"P": ["1"]}) is None


@pytest.mark.parametrize("translated", [{"A": {1: "number"}}, {"A": {"set"}}, {"A": ("tuple",)}])
def test_what_json_would_change_is_not_kept(tmp_path: Path, translated: dict[str, Any]) -> None:
    """It is translated anew at each start."""
    remembered = Remembered(tmp_path)
    remembered.put(DOCUMENT, {}, translated)

    assert remembered.get(DOCUMENT, {}) is None


def test_spoilt_file_and_unwritable_folder_do_no_harm(tmp_path: Path) -> None:
    """As if nothing were known."""
    remembered = Remembered(tmp_path)
    remembered.put(DOCUMENT, {}, {"A": 1})
    (file,) = tmp_path.iterdir()
    file.write_text("{")
    assert remembered.get(DOCUMENT, {}) is None

    Remembered(file / "below").put(DOCUMENT, {}, {"A": 1})


def test_only_the_latest_are_kept(tmp_path: Path) -> None:
    """The folder does not grow for ever."""
    remembered = Remembered(tmp_path)
    for number in range(40):
        remembered.put(DOCUMENT, {"P": number}, {"A": number})

    assert 32 == len(list(tmp_path.iterdir()))
    assert {"A": 39} == remembered.get(DOCUMENT, {"P": 39})


def test_application_is_the_same_from_memory(tmp_path: Path) -> None:
    """The project's own template; and AWS's translator is not even imported the second time."""
    first = load(TEMPLATE, remembered=Remembered(tmp_path))
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from local_emulator.template import load\n"
        "from local_emulator.template.sam.remembered import Remembered\n"
        "print(repr(load(Path(sys.argv[1]), remembered=Remembered(Path(sys.argv[2])))))\n"
        "assert 'samtranslator' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(TEMPLATE), str(tmp_path)],
        cwd=TEMPLATE.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == done.returncode, done.stderr
    assert repr(first) == done.stdout.strip()
