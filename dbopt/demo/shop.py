"""The demo's database: made and filled by the server itself, the same rows every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session


@dataclass(frozen=True)
class Size:
    """Rows per table."""

    customers: int
    products: int
    orders: int
    events: int

    @property
    def rows(self) -> int:
        """All rows together; an order has three items."""
        return self.customers + self.products + 4 * self.orders + self.events


def size(scale: float) -> Size:
    """Rows at a scale: about 2 million in all at 1, never so few that a plan means nothing."""
    return Size(*(max(1000, int(rows * scale)) for rows in (50_000, 20_000, 250_000, 800_000)))


def load(session: Session, rows: Size, on_table: Callable[[str], None] = lambda _: None) -> None:
    """Make the tables and fill them (about 8 s at scale 1)."""
    session.script(render("demo/shop.sql"))
    session.rows("demo/seed")
    for table, values in {
        "customers": {"rows": rows.customers},
        "products": {"rows": rows.products},
        "orders": {"rows": rows.orders, "customers": rows.customers},
        "items": {"orders": rows.orders, "products": rows.products},
        "events": {"rows": rows.events, "customers": rows.customers},
    }.items():
        on_table(table)
        session.rows(f"demo/load_{table}", **values)
    on_table("keys")
    for statement in render("demo/constraints.sql").split(";\n"):
        if statement.strip():
            session.script(statement)
    session.rows("demo/reset_statistics")
