"""The demo's application: several connections that send the statements of `sql/demo/application/` with the values
that users of such a shop would send.
"""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dbopt import resources
from dbopt.demo.shop import Size
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import Session

_START = datetime(2024, 1, 1, tzinfo=UTC)
_DAYS = 700
_MAIL = ("example.com", "example.org", "mail.example.net")


class Visitor:
    """Draws values as visitors bring them; the same ones for the same seed."""

    def __init__(self, rows: Size, seed: int) -> None:
        self._rows = rows
        self._random = random.Random(seed)  # noqa: S311 - sample data

    def values(self) -> dict[str, Any]:
        """A value for every name that a statement of the application uses."""
        draw, rows = self._random, self._rows
        customer = draw.randint(1, rows.customers)
        day = _START + timedelta(days=draw.randint(0, _DAYS - 8))
        return {
            "customer": customer,
            "customers": [1 + int(rows.customers * draw.random() ** 3) for _ in range(5)],
            "email": f"user{customer}@{_MAIL[customer % 3]}",
            "status": "open" if draw.random() < 0.9 else "returned",
            "number": f"R{draw.randint(1, rows.orders) * 7919 % 100_000_000:08d}",
            "product": draw.randint(1, rows.products),
            "since": _START + timedelta(days=_DAYS - 60),
            "day": day,
            "from": day + timedelta(hours=draw.randint(0, 23)),
            "session": _session_id(draw.randint(0, rows.events // 8)),
            "coupon": f"WELCOME{draw.randint(0, 6)}",
            "prefix": f"{draw.choice('ABCDEF')}{draw.choice('abcdef0123456789')}{draw.choice('abcdef')}%",
        }


def _session_id(number: int) -> str:
    """As sql/demo/load_events.sql makes them."""
    return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()[:16]


def statements() -> list[str]:
    """Names of the application's statements."""
    return resources.names("demo/application")


def run(sessions: Sequence[Session], rows: Size, rounds: int, on_round: Callable[[], None] = lambda: None) -> int:
    """Send every statement `rounds` times, spread over the connections; returns how many were sent. The first error of
    any connection is raised.
    """
    errors: list[BaseException] = []
    threads = [
        threading.Thread(
            target=_connection, args=(session, rows, seed, range(seed, rounds, len(sessions)), on_round, errors)
        )
        for seed, session in enumerate(sessions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return rounds * len(statements())


def _connection(
    session: Session, rows: Size, seed: int, rounds: range, on_round: Callable[[], None], errors: list[BaseException]
) -> None:
    visitor = Visitor(rows, seed)
    try:
        for _ in rounds:
            for name in statements():
                _send(session, resources.query(name, session.major), visitor.values())
            on_round()
    except BaseException as error:  # handed to the thread that waits
        errors.append(error)


def _send(session: Session, text: str, drawn: dict[str, Any]) -> None:
    """One statement, untagged and without its comment: to the server it is an application's, not dbopt's."""
    statement = SQL("".join(line for line in text.splitlines(keepends=True) if not line.startswith("--")))
    session.fetch(statement, {name: value for name, value in drawn.items() if f"%({name})s" in text}, tag="")
