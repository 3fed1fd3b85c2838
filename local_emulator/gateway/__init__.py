"""API Gateway: WebSocket APIs, their @connections API, HTTP APIs and REST APIs, on one port.

gateway        which API a request is for
port           the port, plain and TLS
websocket/     WebSocket APIs
web/           HTTP APIs and REST APIs
access/        who may come in: what all kinds of API have in common
integrations   what is no Lambda proxy: MOCK, templates around a function, HTTP backends
requests, bodies, selection, validation, throttle, ids    pure parts of them
"""

from local_emulator.gateway.gateway import Gateway

__all__ = ["Gateway"]
