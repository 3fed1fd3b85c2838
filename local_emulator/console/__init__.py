"""The console at `/_console`: a page that shows what the emulator does, and lets a person take part.

recorder    keeps the last frames and invocations, in bounded memory
ring        what is kept, and what makes room
feed        tells open pages what has changed, over a WebSocket
views       what the page is told: pure translations to JSON
application the HTTP API and the files of the page
queues, tables, fixtures    what the page looks into
"""

from local_emulator.console.application import Console
from local_emulator.console.recorder import Recorder

__all__ = ["Console", "Recorder"]
