"""A log as a server would write it with any log_line_prefix: a few processes, connections, statements, errors."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

_ESCAPE = re.compile(r"%(-?\d+)?(.)")


@dataclass
class Backend:
    """A server process; one without a user is a background process."""

    pid: int
    user: str = ""
    database: str = ""
    application: str = ""
    host: str = "10.0.3.7"
    port: int = 51234
    kind: str = "client backend"
    lines: int = 0
    transaction: int = 0


@dataclass
class Writer:
    """Writes entries with a prefix, and remembers what each said."""

    prefix: str
    said: list[tuple[Backend, str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    clock: float = 1_790_000_000.123

    def say(self, backend: Backend, severity: str, message: str, detail: str = "", *, known: bool = True) -> None:
        self.clock += 0.217
        for label, text in ((severity, message), *([("DETAIL", detail)] if detail else [])):
            backend.lines += 1
            written = text.replace("\n", "\n\t")
            self.lines.append(f"{self.rendered(backend, known=known)}{label}:  {written}\n")
        self.said.append((backend, severity, message))

    def rendered(self, backend: Backend, *, known: bool = True) -> str:
        out: list[str] = []
        position = 0
        for match in _ESCAPE.finditer(self.prefix):
            out.append(self.prefix[position : match.start()])
            position = match.end()
            if match[2] == "q":
                if not backend.user:
                    return "".join(out)
                continue
            value = self._value(match[2], backend, known=known)
            width = int(match[1] or 0)
            out.append(value.ljust(-width) if width < 0 else value.rjust(width))
        return "".join([*out, self.prefix[position:]])

    def _value(self, letter: str, backend: Backend, *, known: bool) -> str:
        is_client = bool(backend.user)
        user, database, application = (
            name if known else "[unknown]" for name in (backend.user, backend.database, backend.application)
        )
        whole = int(self.clock)
        time = f"2026-09-21 {whole // 3600 % 24:02}:{whole // 60 % 60:02}:{whole % 60:02}"
        return {
            "%": "%",
            "m": f"{time}.{int(self.clock * 1000) % 1000:03} UTC",
            "t": f"{time} UTC",
            "n": f"{self.clock:.3f}",
            "s": "2026-09-21 01:01:01 UTC",
            "p": str(backend.pid),
            "P": "",
            "u": user if is_client else "",
            "d": database if is_client else "",
            "a": application if is_client else "",
            "r": _remote(backend) if is_client else "",
            "h": backend.host if is_client else "",
            "b": backend.kind,
            "i": ("SELECT" if known else "authentication") if is_client else "",
            "e": "00000",
            "c": f"6b084cf9.{backend.pid:x}",
            "l": str(backend.lines),
            "v": f"3/{backend.lines * 7}" if is_client else "",
            "x": str(backend.transaction),
            "Q": "-4312546219569575273" if is_client and known else "0",
        }[letter]

    @property
    def text(self) -> bytes:
        return "".join(self.lines).encode()


def _remote(backend: Backend) -> str:
    """A local socket has no port."""
    return f"{backend.host}({backend.port})" if backend.port else backend.host


def log(prefix: str, seed: int = 1, entries: int = 60) -> Writer:
    """A log in which three clients work and a checkpointer writes."""
    draw = random.Random(seed)
    writer = Writer(prefix)
    checkpointer = Backend(4711, kind="checkpointer")
    clients = [
        Backend(5120 + 7 * number, user, database, application, host, port)
        for number, (user, database, application, host, port) in enumerate((
            ("alice", "shop", "psql", "10.0.3.7", 40000),
            ("bob_2", "billing", "PostgreSQL JDBC Driver", "192.168.10.9", 40113),
            ("alice", "shop-2", "worker.py", "[local]", 0),
        ))
    ]  # fmt: skip
    writer.say(checkpointer, "LOG", "checkpoint starting: time")
    for client in clients:
        writer.say(client, "LOG", f"connection received: host={client.host} port={client.port}", known=False)
        names = f"user={client.user} database={client.database} application_name={client.application}"
        writer.say(client, "LOG", f"connection authorized: {names}")
    for number in range(entries):
        client = draw.choice(clients)
        client.transaction = draw.choice((0, 0, 0, 740 + number))
        time = f"{draw.random() * 10:.3f}"
        if number % 3:
            writer.say(client, "LOG", f"duration: {time} ms  statement: SELECT x\nFROM t WHERE id = {number}")
        else:
            writer.say(
                client, "LOG", f"duration: {time} ms  execute <unnamed>: SELECT $1", f"parameters: $1 = '{number}'"
            )
    writer.say(checkpointer, "LOG", "checkpoint complete: wrote 3 buffers (0.0%)")
    return writer
