"""HTTP APIs and REST APIs.

server         what serving both has in common
http_api, http_authorization, tokens, http_events, http_answers      an HTTP API, JSON Web Tokens, payload 2.0
rest_api, rest_authorization, gateway_responses                      a REST API and its own words
proxy_events, proxy_answers                                          payload 1.0, of either
routing        which route a request takes
faults         what may go wrong with a request
"""
