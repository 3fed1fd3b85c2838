"""Lambda: runs each function in real runtime processes, one invocation at a time in each."""

from local_emulator.functions.pool import EnvironmentInfo, Pool

__all__ = ["EnvironmentInfo", "Pool"]
