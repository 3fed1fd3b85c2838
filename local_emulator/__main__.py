"""The command line: `python -m local_emulator`.

What takes long to import is imported only once the options are known and the store is on its way.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from local_emulator.command_line.options import parse
from local_emulator.errors import EmulatorError
from local_emulator.eventloop import run


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until SIGINT or SIGTERM, or invokes one function.

    0 after a clean stop, 1 when it cannot start or the function failed, 2 for wrong arguments.
    """
    try:
        options = parse(sys.argv[1:] if arguments is None else arguments)
        os.environ["LOCAL_EMULATOR_REGION"] = options.region
        # Only now: the region is part of much that is imported with it.
        from local_emulator.command_line import commands

        return run(commands.serve(options) if options.command == "run" else commands.invoke(options))
    except (EmulatorError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
