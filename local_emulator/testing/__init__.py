"""An emulator for tests; `local_emulator.pytest_plugin` gives it as a fixture."""

from local_emulator.testing.emulator import TestEmulator

__all__ = ["TestEmulator"]
