"""API Gateway: WebSocket APIs, their @connections API, and HTTP APIs, on one port.

gateway        which API a request is for
port           the port, plain and TLS
websocket_api  a WebSocket API: $connect, messages, $disconnect
socket         a WebSocket at the level of frames
connections    who is connected, and for how long
management     the @connections API
authorization  who may connect
http_api       an HTTP API
routing, events, answers, throttle, ids    pure parts of them
"""

from local_emulator.gateway.gateway import Gateway

__all__ = ["Gateway"]
