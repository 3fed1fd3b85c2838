"""Faults on demand: rules that say where something goes wrong, how, and how often.

vocabulary  the places, what can be matched there, and what can go wrong
rules       reads and checks rules
engine      decides: pure, and the same for the same seed
control     the HTTP API at /_faults

The parts of the emulator ask `Faults.decide` at their places and do what it says.
"""

from local_emulator.faults.engine import Fault, Faults
from local_emulator.faults.rules import FaultsError

__all__ = ["Fault", "Faults", "FaultsError"]
