"""A WebSocket API.

api            $connect, messages, $disconnect
socket         a WebSocket at the level of frames
connections    who is connected, and for how long
management     the @connections API
authorization  who may connect
routing        which route a message takes
events, answers, integrations    what functions and other backends get and give
"""
