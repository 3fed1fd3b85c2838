"""How many file descriptors a process may have, each connection being one."""

from __future__ import annotations

import contextlib
import resource

OWN = 65_536
"""What the emulator asks for; a shell's usual limit is 1,024 or less."""
FUNCTION = 1024
"""Lambda's quota for a function."""


def allow(number: int) -> None:
    """Lets this process, and those that it starts, have so many, or as many as the system lets it have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY:
        number = min(number, most)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, most))
