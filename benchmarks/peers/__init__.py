"""What the emulator is measured beside, and how each is started, loaded and ended.

app        the handlers that all of them run, and the templates that describe them
floor      a bare `websockets` server, the handlers in its process or in Lambda's runtime
install    the peers from npm and PyPI, fetched at first use
processes  a process and everything that it has started: memory, rest, certain end
targets    how each is started
client     WebSocket clients and posters that load it
rows       what is measured
report     the figures as tables
"""
