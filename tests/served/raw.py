"""A target below HTTP: each connection is handed to the next function of a list, the last one stays."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

Connection = Callable[[socket.socket], None]


def request(sock: socket.socket) -> bytes:
    """One request, head and body; b"" where the caller has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := sock.recv(65536)):
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(body) < int(lengths[0].split(b":")[1] if lengths else 0):
        body += sock.recv(65536)
    return head + b"\r\n\r\n" + body


def response(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", *headers]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
    return head.encode("latin-1") + body


class RawTarget:
    """requests: every one that was read. Connections are closed when their function returns."""

    def __init__(self, *connections: Connection, port: int = 0) -> None:
        self.connections = list(connections)
        self.requests: list[bytes] = []
        self.accepted = 0
        self._sock = socket.create_server(("127.0.0.1", port))
        self.port = self._sock.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def read(self, sock: socket.socket) -> bytes:
        got = request(sock)
        if got:
            self.requests.append(got)
        return got

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._sock.accept()
            except OSError:
                return
            index = min(self.accepted, len(self.connections) - 1)
            self.accepted += 1
            thread = threading.Thread(
                target=self._serve, args=(sock, self.connections[index]), daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket, connection: Connection) -> None:
        self._open.add(sock)
        with sock:
            try:
                connection(sock)
            except OSError:
                return  # the caller broke off, or the test is over
            finally:
                self._open.discard(sock)

    def close(self) -> None:
        for sock in (self._sock, *self._open):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # not connected any more
        self._sock.close()
        for thread in self._threads:
            thread.join(10)
