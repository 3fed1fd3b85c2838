"""The address that the APIs are served at: taken before anything is started, since the template's URLs have it."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from local_emulator.errors import StartError

_TRIES = 20
"""A port that is free for IPv4 is hardly ever taken for IPv6."""
_MISSING = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""A machine without IPv6."""


@dataclass(frozen=True)
class Address:
    """A host, a port, and sockets bound to them, which are yet to listen."""

    host: str
    port: int
    sockets: tuple[socket.socket, ...]

    @classmethod
    def take(cls, host: str = "localhost", port: int = 0) -> Address:
        """Takes a port, 0 for a free one; `localhost` is both of its addresses.

        Raises:
            StartError: it is taken, or the host is not this machine.
        """
        places = list(_places(host))
        tries = 1 if port else _TRIES
        while True:
            tries -= 1
            try:
                sockets = _bound(places, port)
            except OSError as error:
                if tries and error.errno == errno.EADDRINUSE:
                    continue
                raise StartError(
                    f"port {port} on {host} cannot be used ({error.strerror}): take another with --port"
                ) from error
            return cls(host, sockets[0].getsockname()[1], sockets)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def close(self) -> None:
        """Gives the port back."""
        for bound in self.sockets:
            bound.close()


def _places(host: str) -> Iterator[tuple[int, str]]:
    """Families and addresses, IPv4 first: the only ones that every machine has."""
    if host == "localhost":
        yield socket.AF_INET, "127.0.0.1"
        yield socket.AF_INET6, "::1"
        return
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise StartError(f"the host {host} is unknown: {error.strerror}") from error
    family, _, _, _, address = found[0]
    yield family, str(address[0])


def _bound(places: Iterable[tuple[int, str]], port: int) -> tuple[socket.socket, ...]:
    sockets: list[socket.socket] = []
    try:
        for family, name in places:
            try:
                bound = _bind(family, name, port)
            except OSError as error:
                if sockets and error.errno in _MISSING:
                    continue
                raise
            sockets.append(bound)
            port = bound.getsockname()[1]
    except OSError:
        for bound in sockets:
            bound.close()
        raise
    return tuple(sockets)


def _bind(family: int, name: str, port: int) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setblocking(False)
        bound.bind((name, port))
    except OSError:
        bound.close()
        raise
    return bound
