"""A WebSocket at the level of frames, where API Gateway's limits are.

`websockets`' sans-I/O protocol reads and writes the frames; this class joins it to a transport and tells its
`Listener` of whole text messages and of the end. It knows nothing of routes or functions.
"""

from __future__ import annotations

import asyncio
import http
from typing import Protocol

from websockets.datastructures import Headers
from websockets.exceptions import InvalidState
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request as HandshakeRequest
from websockets.http11 import Response as HandshakeResponse
from websockets.protocol import Protocol as FrameProtocol
from websockets.protocol import Side, State
from websockets.server import ServerProtocol

from local_emulator.http1 import Request

MAX_FRAME_BYTES = 32 * 1024
"""API Gateway's quota for a frame; a larger one closes the connection with 1009 (case B17)."""
MAX_MESSAGE_BYTES = 128 * 1024
"""API Gateway's quota for a message (case B18)."""
MAX_UNSENT_BYTES = 1024 * 1024
"""What may wait for a client that does not read, before posts to it are refused with 429 (case F8). AWS documents no
number."""
_CLOSE_SECONDS = 2.0
"""How long a client may take to answer a close frame."""


class Listener(Protocol):
    """Hears what happens on a WebSocket."""

    def message_received(self, text: str) -> None:
        """A whole text message."""

    def closed(self, code: int, reason: str) -> None:
        """The end, once; with the code and reason that $disconnect reports (cases D1 to D4)."""


class WebSocket(asyncio.Protocol):
    """One connection, from its upgrade request to its end."""

    __slots__ = (
        "_ended",
        "_fragments",
        "_held",
        "_listener",
        "_lost",
        "_protocol",
        "_response",
        "_stalled",
        "_transport",
    )

    def __init__(self, request: Request, rest: bytes) -> None:
        self._protocol: FrameProtocol
        """From the moment that the connection is accepted."""
        self._held = rest
        self._transport: asyncio.Transport
        self._listener: Listener | None = None
        self._fragments: list[bytes] = []
        self._ended: tuple[int, str] | None = None
        self._lost = False
        self._stalled = False
        self._response: HandshakeResponse | None = _handshake(request)

    @property
    def open(self) -> bool:
        """Frames can be sent."""
        return self._listener is not None and not self._lost and self._protocol.state is State.OPEN

    @property
    def congested(self) -> bool:
        """The client does not read, and enough waits for it."""
        held = sum(map(len, self._protocol.writes)) if self._stalled else 0
        return self._transport.get_write_buffer_size() + held > MAX_UNSENT_BYTES

    @property
    def valid(self) -> bool:
        """The upgrade request is one that RFC 6455 allows."""
        return self._response is not None and self._response.status_code == 101

    def attach(self, transport: asyncio.Transport) -> None:
        """Takes the connection over from HTTP; nothing is read before it is accepted or refused."""
        self._transport = transport
        transport.set_protocol(self)

    def accept(self, subprotocol: str | None) -> None:
        """Answers 101, which is all that the client waits for; to be followed by `listen`, in the same turn."""
        if not self._lost:
            self._answer(subprotocol)

    def listen(self, listener: Listener) -> None:
        """From now on the listener hears. Frames that came early are heard now (case A2)."""
        if self._lost:
            listener.closed(CloseCode.ABNORMAL_CLOSURE, "Connection closed abnormally")
            return
        self._protocol = FrameProtocol(Side.SERVER, max_size=(MAX_MESSAGE_BYTES, MAX_FRAME_BYTES))
        self._listener = listener
        self._transport.resume_reading()
        held, self._held = self._held, b""
        if held:
            self.data_received(held)

    def refuse(self, status: int, body: bytes, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Answers the upgrade with an HTTP status and ends the connection."""
        if self._lost:
            return
        named = Headers([*headers, ("Content-Length", str(len(body))), ("Connection", "close")])
        self._response = HandshakeResponse(status, _phrase(status), named, body)
        self._answer()
        self._transport.close()

    def refuse_invalid(self) -> None:
        """Answers an upgrade request that is none, as RFC 6455 has it."""
        if self._lost:
            return
        self._answer()
        self._transport.close()

    def send(self, payload: bytes) -> None:
        """Sends one text message, in frames of 32 KB where it is longer (case F7)."""
        first, rest = payload[:MAX_FRAME_BYTES], payload[MAX_FRAME_BYTES:]
        self._protocol.send_text(first, fin=not rest)
        while rest:
            part, rest = rest[:MAX_FRAME_BYTES], rest[MAX_FRAME_BYTES:]
            self._protocol.send_continuation(part, fin=not rest)
        self._flush()

    def close(self, code: int, reason: str) -> None:
        """Starts the closing handshake; `closed` tells of this code, whatever the client answers."""
        if self._ended is None:
            self._ended = (code, reason)
        try:
            self._protocol.send_close(code, reason)
        except InvalidState:
            self._transport.close()
            return
        self._flush()
        asyncio.get_running_loop().call_later(_CLOSE_SECONDS, self._transport.abort)

    def stall(self, seconds: float | None) -> None:
        """Neither reads nor sends for so long, or until the connection ends; then goes on as if nothing had been."""
        self._stalled = True
        self._transport.pause_reading()
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        self._stalled = False
        self._flush()
        self.resume_reading()

    def abort(self) -> None:
        """Drops the connection without a farewell."""
        self._transport.abort()

    # asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        if self._listener is None:
            self._held += data
            return
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            assert isinstance(event, Frame)
            self._frame(event)
        self._flush()
        if self._protocol.close_expected():
            asyncio.get_running_loop().call_later(_CLOSE_SECONDS, self._transport.abort)

    def eof_received(self) -> bool:
        if self._listener is not None:
            self._protocol.receive_eof()
            self._flush()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.closed(*self._end())

    def pause_reading(self) -> None:
        """The listener is behind: the client must wait."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """The listener has caught up."""
        if not (self._lost or self._stalled):
            self._transport.resume_reading()

    # inside

    def _answer(self, subprotocol: str | None = None) -> None:
        response, self._response = self._response, None
        assert response is not None
        if subprotocol is not None:
            response.headers["Sec-WebSocket-Protocol"] = subprotocol
        self._transport.write(response.serialize())

    def _frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.BINARY:
            self._fail(CloseCode.UNSUPPORTED_DATA, "Binary is not supported")
        elif frame.opcode in (Opcode.TEXT, Opcode.CONT) and self._ended is None:
            # The protocol may be closing by now: what the client said just before its farewell still counts.
            self._fragments.append(bytes(frame.data))
            if frame.fin:
                self._message(b"".join(self._fragments))

    def _message(self, data: bytes) -> None:
        self._fragments = []
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self._fail(CloseCode.INVALID_DATA, "Not UTF-8")
            return
        if self._listener is not None:
            self._listener.message_received(text)

    def _fail(self, code: CloseCode, reason: str) -> None:
        if self._ended is None:
            self._ended = (code, reason)
        self._protocol.fail(code, reason)

    def _end(self) -> tuple[int, str]:
        if self._ended is not None:
            return self._ended
        received = self._protocol.close_rcvd
        if received is None:
            sent = self._protocol.close_sent
            if sent is not None:
                return sent.code, sent.reason
            return CloseCode.ABNORMAL_CLOSURE, "Connection closed abnormally"
        if received.code == CloseCode.NO_STATUS_RCVD:
            return received.code, "Client-side close frame status not set"
        return received.code, received.reason

    def _flush(self) -> None:
        if self._lost or self._stalled:
            return
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)
            elif self._transport.can_write_eof():
                self._transport.write_eof()
            else:
                self._transport.close()


_HANDSHAKES = ServerProtocol()
"""Judges the handshake of every connection, which depends on its request alone; frames are another protocol's. Without
extensions of its own it negotiates none, whatever was offered (case A24)."""


def _handshake(request: Request) -> HandshakeResponse:
    headers = Headers(request.headers)
    if "Transfer-Encoding" in headers or not set(headers.get_all("Content-Length")) <= {"0"}:
        return _HANDSHAKES.reject(400, "An upgrade request has no body.\n")
    return _HANDSHAKES.accept(
        HandshakeRequest(request.target, headers, request.method, f"HTTP/{request.http_version}")
    )


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
