"""One connection to a client, and the server that accepts them.

`httptools` parses; this module keeps connections alive, answers pipelined requests in order, bounds what it buffers,
and hands a connection over when a client asks to upgrade it.
"""

from __future__ import annotations

import asyncio
import http
import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import cast

import httptools

from local_emulator.http1.messages import Application, Later, Request, Response

logger = logging.getLogger(__name__)

MAX_HEAD_BYTES = 64 * 1024
"""Request line and headers together; API Gateway takes 10 KB of headers and 4 KB of URL, others take more."""

MAX_BODY_BYTES = 32 * 1024 * 1024
"""What one request may hold by default before it is refused unseen. API limits are lower and the application's."""

_DRAIN_SECONDS = 5.0
"""How long a client that was refused may go on sending."""

_BODYLESS = {204, 304}
"""Statuses whose answers end with their head (RFC 9112, section 6.3): more would be taken for the next answer."""
_MOST_WAITING = 16
"""Pipelined requests on a connection, past which no more is read from it for now."""

_REASONS = {status.value: status.phrase for status in http.HTTPStatus}


Upgrade = Callable[[Request, asyncio.Transport, bytes], None]
"""Takes the connection over: the request, its transport, and the bytes that came after the request's head.
It must call `transport.set_protocol` before it returns; reading is paused until it resumes it."""


class HttpProtocol(asyncio.Protocol):
    """One client connection."""

    def __init__(
        self,
        application: Application,
        *,
        upgrade: Upgrade | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self._application = application
        self._upgrade = upgrade
        self._max_body_bytes = max_body_bytes
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._awaited: asyncio.Future[Response] | Later | None = None
        self._writable = True
        self._paused = False
        self._closed = False
        self._connected = False
        self._drained = 0
        self._peer = ""
        self._port = 0
        self._secure = False
        self._start_message()

    def _start_message(self) -> None:
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._head_size = 0
        self._expects_continue = False
        self._body: list[bytes] = []
        self._body_size = 0

    def abort(self) -> None:
        """Drops the connection, whatever is under way on it."""
        if self._connected:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connected = True
        # uvloop's transports are not of asyncio's class, though of its shape.
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        if peer:
            self._peer, self._port = peer[0], peer[1]
        self._secure = transport.get_extra_info("ssl_object") is not None

    def data_received(self, data: bytes) -> None:
        if self._closed:
            self._drain(len(data))
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as stop:
            self._take_over(data[stop.args[0] :])
        except _RefusedError as refused:
            self._refuse(refused.status)
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause.status if isinstance(cause, _RefusedError) else 400)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed = True
        self._let_go()
        if self._awaited is not None:
            self._awaited.cancel()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._answer()

    # httptools callbacks

    def on_message_begin(self) -> None:
        self._start_message()

    def on_url(self, url: bytes) -> None:
        self._target += url
        self._head_size += len(url)
        if self._head_size > MAX_HEAD_BYTES:
            raise _RefusedError(431)

    def on_header(self, name: bytes, value: bytes) -> None:
        # Run for every header of every request: nothing is called that need not be.
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))
        self._head_size += len(name) + len(value)
        if self._head_size > MAX_HEAD_BYTES:
            raise _RefusedError(431)
        if len(name) == 6 and name.lower() == b"expect" and value.lower() == b"100-continue":
            self._expects_continue = True

    def on_headers_complete(self) -> None:
        if self._expects_continue:
            self._expects_continue = False
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body_size += len(body)
        if self._body_size > self._max_body_bytes:
            raise _RefusedError(413)
        self._body.append(body)

    def on_message_complete(self) -> None:
        if self._parser.should_upgrade():
            return
        self._waiting.append((self._request(), self._parser.should_keep_alive()))
        self._body = []
        self._answer()
        if len(self._waiting) > _MOST_WAITING and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    # answering

    def _request(self) -> Request:
        return Request(
            method=self._parser.get_method().decode("ascii"),
            target=self._target.decode("latin-1"),
            headers=self._headers,
            body=b"".join(self._body),
            peer=self._peer,
            port=self._port,
            secure=self._secure,
            http_version=self._parser.get_http_version(),
        )

    def _take_over(self, rest: bytes) -> None:
        request = self._request()
        if self._upgrade is None or request.header("upgrade").lower() != "websocket" or self._busy:
            self._refuse(400)
            return
        self._transport.pause_reading()
        self._let_go()
        self._upgrade(request, self._transport, rest)

    def _let_go(self) -> None:
        # Parser and protocol know each other: apart, they need no garbage collector. Twice where an upgrade is refused.
        vars(self).pop("_parser", None)

    @property
    def _busy(self) -> bool:
        """Requests that came before are yet to be answered."""
        return bool(self._waiting) or self._awaited is not None

    def _answer(self) -> None:
        """Answers what waits: as far as the answers are there at once, and the client takes them."""
        while self._waiting and self._awaited is None and self._writable and not self._closed:
            request, keep_alive = self._waiting.popleft()
            try:
                answer = self._application(request)
            except Exception as error:  # noqa: BLE001 whatever it is, the client is answered
                answer = _failed(request, error)
            if isinstance(answer, Response):
                self._reply(request, answer, keep_alive=keep_alive)
            elif isinstance(answer, Later):
                self._awaited = answer
                answer.when_given(partial(self._answer_now, request, keep_alive=keep_alive))
            else:
                self._awaited = asyncio.ensure_future(answer)
                later = partial(self._answer_later, request, keep_alive=keep_alive)
                self._awaited.add_done_callback(later)
        if self._paused and len(self._waiting) <= _MOST_WAITING // 2 and not self._closed:
            self._paused = False
            self._transport.resume_reading()

    def _answer_later(self, request: Request, answer: asyncio.Future[Response], *, keep_alive: bool) -> None:
        if answer.cancelled():
            self._awaited = None
            self.abort()
            return
        error = answer.exception()
        response = answer.result() if error is None else _failed(request, error)
        self._answer_now(request, response, keep_alive=keep_alive)

    def _answer_now(self, request: Request, response: Response, *, keep_alive: bool) -> None:
        self._awaited = None
        self._reply(request, response, keep_alive=keep_alive)
        self._answer()

    def _reply(self, request: Request, response: Response, *, keep_alive: bool) -> None:
        self._write(response, keep_alive=keep_alive, bodyless=request.method == "HEAD")
        if not keep_alive:
            self._close()

    def _write(self, response: Response, *, keep_alive: bool, bodyless: bool = False) -> None:
        if self._closed:
            return
        status, body = response.status, response.body
        headers = "".join([f"{name}: {value}\r\n" for name, value in response.headers])
        bodyless = bodyless or status in _BODYLESS
        if status >= 200 and status not in _BODYLESS and not (bodyless and _has_length(response)):
            headers += f"content-length: {len(body)}\r\n"
        if not keep_alive:
            headers += "connection: close\r\n"
        head = f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}\r\n{headers}\r\n".encode(
            "latin-1", "replace"
        )
        self._transport.write(head if bodyless else head + body)

    def _refuse(self, status: int) -> None:
        """Answers without having read the request whole, and lets what is still coming run dry: closed at once, the
        connection would be reset and the client would never see the answer."""
        phrase = "Request Entity Too Large" if status == 413 else http.HTTPStatus(status).phrase
        self._write(Response.json({"message": phrase}, status), keep_alive=False)
        self._closed = True
        if self._transport.can_write_eof():
            self._transport.write_eof()
        asyncio.get_running_loop().call_later(_DRAIN_SECONDS, self._transport.abort)

    def _drain(self, size: int) -> None:
        self._drained += size
        if self._drained > self._max_body_bytes:
            self._transport.abort()

    def _close(self) -> None:
        self._closed = True
        self._transport.close()


def _failed(request: Request, error: BaseException) -> Response:
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return Response.json({"message": "Internal Server Error"}, 500)


def _has_length(response: Response) -> bool:
    return any(name.lower() == "content-length" for name, _ in response.headers)


class _RefusedError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def serve(
    application: Application, host: str = "127.0.0.1", port: int = 0, *, max_body_bytes: int = MAX_BODY_BYTES
) -> asyncio.Server:
    """Listens on `host`:`port` (0 picks a free one) and answers with `application` until the server is closed."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: HttpProtocol(application, max_body_bytes=max_body_bytes), host, port
    )
