"""What a template says of APIs.

websocket, httpapi, restapi      each kind of API
restmethods, restbody            a REST API's methods as resources, and in its OpenAPI document
restparts, openapi, integrations, authorizers, models, stages, apikeys    parts of them
addresses                        where on the one port each is served
"""
