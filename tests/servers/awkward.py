"""A server on loopback that answers each request as a test says, to the byte: late, broken off, or not HTTP at all.

The well-behaved stand-in for the GMC and TIS is `reval_core.simulator`; this one plays what no simulator should.
"""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TypeAlias

Play: TypeAlias = Callable[[socket.socket, threading.Event], None]
"""Answers on a connection; ends early when the event says that the test is over."""
Answer: TypeAlias = bytes | Play


@dataclass(frozen=True)
class Request:
    line: str
    headers: dict[str, str]
    body: bytes


Choose: TypeAlias = Callable[[int, Request], Answer]
"""Says how to answer a request, the how-manieth connection of which it is."""


@dataclass
class AwkwardServer:
    url: str
    requests: list[Request] = field(default_factory=list)


def serve(*answers: Answer) -> AbstractContextManager[AwkwardServer]:
    """Give the answers one after the other, one connection each; the last one is repeated."""
    return serve_by(lambda number, _: answers[min(number, len(answers) - 1)])


@contextmanager
def serve_by(choose: Choose) -> Iterator[AwkwardServer]:
    """Give each request the answer that is chosen for it, one connection each."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = AwkwardServer(f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=_accept_all, args=(listener, choose, server.requests, over))
        thread.start()
        try:
            yield server
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextmanager
def never_accept() -> Iterator[AwkwardServer]:
    """A port whose queue is full, so that a connection to it is neither made nor refused."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield AwkwardServer(f"http://127.0.0.1:{listener.getsockname()[1]}")


def http(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A whole HTTP answer. Header names are written with underscores: `Retry_After="60"`."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def stay_silent(connection: socket.socket, over: threading.Event) -> None:
    over.wait(5)


def hang_up(connection: socket.socket, over: threading.Event) -> None:
    pass


def reset_after(sent: bytes) -> Play:
    """Send this, then cut the connection so that the other side gets an error."""

    def play(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(sent)
        over.wait(0.1)  # let what was sent arrive: a reset throws away what is under way
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return play


def drip(start: bytes, drop: bytes, pause_seconds: float) -> Play:
    """Send the start, then one drop after the other without end."""

    def play(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(start)
        while not over.wait(pause_seconds):
            connection.sendall(drop)

    return play


def _accept_all(listener: socket.socket, choose: Choose, requests: list[Request], over: threading.Event) -> None:
    """One thread for each connection, because a client may ask for the next thing while it still reads the last."""
    threads: list[threading.Thread] = []
    for number in count():
        try:
            connection, _ = listener.accept()
        except OSError:
            break
        threads = [thread for thread in threads if thread.is_alive()]
        threads.append(threading.Thread(target=_answer_one, args=(connection, number, choose, requests, over)))
        threads[-1].start()
    for thread in threads:
        thread.join()


def _answer_one(
    connection: socket.socket, number: int, choose: Choose, requests: list[Request], over: threading.Event
) -> None:
    with connection:
        connection.settimeout(5)
        try:
            request = _read_request(connection)
            requests.append(request)
            answer = choose(number, request)
            if isinstance(answer, bytes):
                connection.sendall(answer)
            else:
                answer(connection, over)
        except OSError:
            return  # the client went away, as clients of awkward servers do


def _read_request(connection: socket.socket) -> Request:
    if connection.recv(1, socket.MSG_PEEK) == b"\x16":
        raise ConnectionError("TLS is not spoken here")
    with connection.makefile("rb") as stream:
        line = stream.readline().decode("latin-1").strip()
        headers: dict[str, str] = {}
        while header := stream.readline().decode("latin-1").strip():
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        return Request(line, headers, stream.read(int(headers.get("content-length", 0))))
