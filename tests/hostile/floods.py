"""Answers without end or measure: sent piece by piece, so that the sender needs no memory for them."""

import socket
import threading
import zlib
from typing import Final

from tests.gmc.replies import reply
from tests.hostile.deliveries import plainly
from tests.servers.awkward import Answer, Play

MEGABYTE: Final = 1024 * 1024

LIST_START, LIST_END = (part.encode() for part in reply("|").split("|"))
DOCTOR_START, DOCTOR_END = b"<GetDoctorsForDBResponse_Doctor>", b"</GetDoctorsForDBResponse_Doctor>"
_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nConnection: close\r\n"


def listed(inside: bytes) -> Answer:
    """A whole answer with this in its list."""
    return plainly(LIST_START + inside + LIST_END)


def announced(start: bytes, piece: bytes, megabytes: int, content_type: bytes = b"text/xml") -> Play:
    """So much of one piece after the start, of a length that is told beforehand."""
    times = megabytes * MEGABYTE // len(piece)
    length = len(start) + times * len(piece)
    return _flood(_HEAD % content_type + b"Content-Length: %d\r\n\r\n" % length + start, piece, times)


def endless(start: bytes, piece: bytes) -> Play:
    """One piece after the other for as long as somebody listens."""
    chunks = b"%x\r\n%s\r\n" * 2 % (len(start), start, len(piece), piece)
    head = _HEAD % b"text/xml" + b"Transfer-Encoding: chunked\r\n\r\n" + chunks
    return _flood(head, b"%x\r\n%s\r\n" % (len(piece), piece), 1_000_000)


def compressed(start: bytes, piece: bytes, megabytes: int, content_type: bytes = b"text/xml") -> Play:
    """As much, compressed a thousandfold."""
    head, body = zlib.compressobj(9, zlib.DEFLATED, 31), zlib.compressobj(9, zlib.DEFLATED, -15)
    begun = head.compress(start + piece) + head.flush(zlib.Z_FULL_FLUSH)
    again = body.compress(piece) + body.flush(zlib.Z_FULL_FLUSH)
    times = megabytes * MEGABYTE // len(piece)
    return _flood(_HEAD % content_type + b"Content-Encoding: gzip\r\n\r\n" + begun, again, times)


def _flood(head: bytes, piece: bytes, times: int) -> Play:
    def play(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(head)
        for _ in range(times):
            if over.is_set():
                return
            connection.sendall(piece)

    return play
