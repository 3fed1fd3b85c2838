"""API Gateway: WebSocket APIs, their @connections API, HTTP APIs and REST APIs, on one port.

gateway            which API a request is for
port               the port, plain and TLS
websocket_api      a WebSocket API: $connect, messages, $disconnect
socket             a WebSocket at the level of frames
connections        who is connected, and for how long
management         the @connections API
http_api           an HTTP API
rest_api           a REST API
integrations       what is no Lambda proxy: MOCK, templates around a function, HTTP backends
websocket_integrations    the same for a route of a WebSocket API
authorizers        Lambda authorizers: asked, remembered, judged by
authorization, http_authorization, rest_authorization    who may come in, by kind of API
tokens             JSON Web Tokens
events, proxy_events, answers, proxy_answers    what functions get and give, payloads 2.0 and 1.0
gateway_responses  what a REST API itself says
routing, selection, identity, policy, validation, throttle, ids    pure parts of them
"""

from local_emulator.gateway.gateway import Gateway

__all__ = ["Gateway"]
