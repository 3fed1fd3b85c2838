"""HTTP/1.1 over asyncio: the one server behind the gateway, the Runtime API and the store.

messages  what applications see and answer
server    connections, and how they are kept, bounded and handed over

Applications see `Request` and return `Response`; what they raise becomes a bare 500 and a line in the log.
"""

from local_emulator.http1.messages import Answer, Application, Later, Request, Response
from local_emulator.http1.server import HttpProtocol, Upgrade, serve

__all__ = ["Answer", "Application", "HttpProtocol", "Later", "Request", "Response", "Upgrade", "serve"]
