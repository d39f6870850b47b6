"""One connection's plumbing: reading requests and writing answers with full control over every byte."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress

from .record import Recorded
from .stored import StoredResponses

Headers = Iterable[tuple[str, str]]

REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    413: "Payload Too Large",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    529: "Overloaded",
}


TLS_HANDSHAKE = b"\x16"
"""The first byte of a client that expects TLS; like real servers, the stand-in tells it in clear that it is wrong."""


class PeerGoneError(Exception):
    """The gateway closed the connection."""


class Connection:
    """Reads requests off a socket, one after the other."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self.reader = reader
        self.writer = writer
        self._early = b""

    async def next_request(self) -> Recorded | None:
        head = await self._read_head()
        if head is None:
            return None
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = []
        for line in lines:
            name, _, value = line.partition(":")
            headers.append((name, value.strip()))
        lookup = {name.lower(): value for name, value in headers}
        if lookup.get("expect", "").lower() == "100-continue":
            self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await self._read_body(lookup)
        return Recorded(method, target, headers, body, self.number)

    async def _read_head(self) -> str | None:
        early, self._early = self._early, b""
        try:
            early = early or await self.reader.read(1)
            if early == TLS_HANDSHAKE:
                self.writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return None
            head = early + await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        return head[:-4].decode("latin-1")

    async def _read_body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while size := int(await self.reader.readline(), 16):
                body += await self.reader.readexactly(size)
                await self.reader.readexactly(2)
            await self.reader.readline()
            return body
        return await self.reader.readexactly(int(headers.get("content-length", "0")))

    async def until_gone(self) -> None:
        """Returns when the peer has closed; a byte of a next request is kept and not taken for that."""
        with suppress(ConnectionError):
            self._early = await self.reader.read(1)
            if self._early:
                await asyncio.Event().wait()


class Exchange:
    """One request and the answer being given to it."""

    def __init__(self, connection: Connection, request: Recorded, stored: StoredResponses) -> None:
        self.request = request
        self.stored = stored
        self.connection = connection
        self.writer = connection.writer
        self.keeps_alive = True
        self.chunked = False

    @property
    def dialect(self) -> str:
        return self.request.dialect

    def keep(self, body: bytes) -> None:
        """Stores an answer that can be asked for again: those of OpenAI Responses, unless the request forbids it."""
        if self.dialect == "responses":
            self.stored.keep(self.request, body)

    async def send(self, data: bytes) -> None:
        """Bytes as they are, out at once."""
        if self.writer.is_closing():
            raise PeerGoneError
        self.request.sent_first_byte = True
        self.writer.write(data)
        try:
            await self.writer.drain()
        except ConnectionError as error:
            raise PeerGoneError from error

    async def head(self, status: int, headers: Headers) -> None:
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in headers]
        await self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    async def whole(self, status: int, headers: Headers, body: bytes) -> None:
        await self.head(status, [*headers, ("content-length", str(len(body)))])
        await self.send(body)

    async def start_chunked(self, status: int, headers: Headers) -> None:
        self.chunked = True
        await self.head(status, [*headers, ("transfer-encoding", "chunked")])

    async def chunk(self, data: bytes) -> None:
        if data:
            await self.send(b"%x\r\n%s\r\n" % (len(data), data))

    async def end_chunked(self) -> None:
        await self.send(b"0\r\n\r\n")

    def close(self) -> None:
        """Ends the connection in good order at the TCP level (FIN), whatever was promised before."""
        self.keeps_alive = False
        self.writer.close()

    def reset(self) -> None:
        """Ends the connection with a TCP reset."""
        self.keeps_alive = False
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
