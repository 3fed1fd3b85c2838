"""`make demo`: 100 real books, enriched while you watch."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tools.stack import ROOT, StackError, running

_BOOKS = 100
_UNKNOWN = 3
_LATENCY_SECONDS = "0.15"
"""What a metadata provider may take to answer: without it the bar would be over before it is seen."""


def main() -> int:
    """Returns the exit status of the command line that it runs."""
    folder = ROOT / ".local_emulator"
    folder.mkdir(exist_ok=True)
    log_path = folder / "demo.log"
    print(f"Starting the catalogue and the emulator (their log: {log_path.relative_to(ROOT)})", flush=True)
    try:
        with (
            log_path.open("wb") as log,
            tempfile.TemporaryDirectory() as scratch,
            running(catalogue_options=["--latency", _LATENCY_SECONDS, "--jitter", "0.1"], log=log) as stack,
        ):
            ids = Path(scratch) / "ids.txt"
            count, unknown = str(_BOOKS - _UNKNOWN), str(_UNKNOWN)
            listed = _run("catalogue", "--ids", count, "--unknown", unknown, capture=True)
            ids.write_text(listed.stdout)
            print(f"Enriching {_BOOKS} books through {stack.url}\n", flush=True)
            status = _run("bookstrack", "--url", stack.url, "enrich", "--file", str(ids)).returncode
    except StackError as error:
        print(f"error: {error}; see {log_path.relative_to(ROOT)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(_NEXT)
    return status


def _run(module: str, *options: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *options], cwd=ROOT, text=True, check=capture, capture_output=capture
    )


_NEXT = """
Where to look next
  make emulator         the same system, left running on port 3000
  docs/protocol.md      the frames and the HTTP API
  docs/emulator.md      run your own SAM template
  template.yaml         what deploys to AWS: sam build && sam deploy --guided
"""

if __name__ == "__main__":
    sys.exit(main())
