"""A real S3-compatible server on loopback, and a proxy before it that fails as networks and servers do."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from moto.server import ThreadedMotoServer

_SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=tester/20260101/us-east-1/s3/aws4_request"}
_HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive"}


@dataclass
class Faults:
    """What goes wrong: `decide` is asked for each request by its method and path, and answers error, cut (the
    connection breaks in the answer), torn (half of what was uploaded is kept), or nothing.
    """

    decide: Callable[[str, str], str | None] = lambda _method, _path: None
    requests: list[tuple[str, str]] = field(default_factory=list)
    failed: int = 0


@dataclass(frozen=True)
class Bucket:
    """`endpoint` is the proxy's, by which an archive uses the bucket."""

    name: str
    endpoint: str
    direct: tuple[str, int]
    faults: Faults

    def get(self, key: str) -> bytes:
        return _forward(self.direct, "GET", f"/{self.name}/{key}", b"", _SIGNED)[2]

    def put(self, key: str, content: bytes) -> None:
        _forward(self.direct, "PUT", f"/{self.name}/{key}", content, _SIGNED)


@contextmanager
def bucket() -> Iterator[Bucket]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    faults = Faults()
    proxy = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (_Handler,), {"upstream": (host, port), "faults": faults})
    )
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        made = Bucket("archive", f"http://127.0.0.1:{proxy.server_port}", (host, port), faults)
        _forward(made.direct, "PUT", f"/{made.name}", b"", _SIGNED)
        yield made
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
        moto.stop()


class _Handler(BaseHTTPRequestHandler):
    upstream: tuple[str, int]
    faults: Faults
    protocol_version = "HTTP/1.1"

    def _pass(self) -> None:
        body = self._body()
        self.faults.requests.append((self.command, self.path))
        fault = self.faults.decide(self.command, self.path)
        self.faults.failed += fault is not None
        if fault == "error":
            self._answer(500, {}, b"<Error><Code>InternalError</Code></Error>")
            return
        status, headers, answer = _forward(self.upstream, self.command, self.path, body, _onward(self.headers, body))
        if fault == "torn":
            self._tear()
        if fault == "cut":
            self.close_connection = True
            return
        self._answer(status, headers, answer)

    def _tear(self) -> None:
        """Keep half of what was uploaded."""
        path = self.path.partition("?")[0]
        kept = _forward(self.upstream, "GET", path, b"", _SIGNED)[2]
        _forward(self.upstream, "PUT", path, kept[: len(kept) // 2], _SIGNED)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        kept = {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}
        kept.setdefault("Content-Length", str(len(body)))
        for name, value in kept.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass  # noqa: N815 - names of the library's

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def _onward(headers: Message, body: bytes) -> dict[str, str]:
    """Of a request, with its length in place of chunks."""
    kept = {name: value for name, value in headers.items() if name.lower() not in {*_HOP_BY_HOP, "expect"}}
    return {**kept, "Content-Length": str(len(body))}


def _forward(
    upstream: tuple[str, int], method: str, path: str, body: bytes, headers: dict[str, str]
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(*upstream, timeout=30)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()
