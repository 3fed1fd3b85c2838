"""`python -m local_emulator.nodejs`: fetches what Node.js functions need, for machines that will be offline."""

from __future__ import annotations

import sys

from local_emulator.nodejs.interface_client import FOLDER, fetch, release
from local_emulator.nodejs.interpreter import RUNTIMES, NodeJsError, interpreter


def main() -> int:
    """0 once everything is there, 1 with a reason otherwise."""
    try:
        for runtime in RUNTIMES:
            fetch(release(runtime), interpreter(runtime))
    except (NodeJsError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(f"Node.js functions can run: aws-lambda-ric is in {FOLDER}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
