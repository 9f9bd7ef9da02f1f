"""A small catalog made by hand, for tests without a server."""

from __future__ import annotations

from typing import Any

from dbopt.postgres.schema import Catalog, Column, ExistingIndex, ForeignKey, IndexKey, Relation


def column(name: str, type_: str = "bigint", **more: Any) -> Column:
    is_text = type_ == "text"
    return Column(name, type_, length=None if is_text else 8, is_text=is_text, **more)


def table(name: str, *columns: Column, schema: str = "public", rows: float = 100_000, **more: Any) -> Relation:
    return Relation(schema, name, more.pop("kind", "r"), rows, 8192 * 1000, columns, **more)


def index(name: str, of: str, *columns: str, schema: str = "public", **more: Any) -> ExistingIndex:
    keys = tuple(IndexKey(name, name) for name in columns)
    definition = f"CREATE INDEX {name} ON {schema}.{of} USING btree ({', '.join(columns)})"
    return ExistingIndex(schema, name, (schema, of), "btree", keys, **{"definition": definition, **more})


def primary_key(of: str, *columns: str) -> ExistingIndex:
    return index(f"{of}_pkey", of, *columns, is_unique=True, is_primary=True, constraint=f"{of}_pkey")


CUSTOMERS = table(
    "customers",
    column("id", n_distinct=-1.0),
    column("email", "text", n_distinct=-1.0),
    column("country", "text", n_distinct=5.0),
    column("profile", "json", indexable=False),
)
ORDERS = table(
    "orders",
    column("id", n_distinct=-1.0),
    column("customer_id", n_distinct=-0.1),
    column("status", "text", n_distinct=3.0),
    column("total"),
    column("placed_at", n_distinct=-1.0),
    column("paid", "boolean", n_distinct=2.0),
)
ODD = table('we"ird; Täble', column("i;d"), column("Näme", "text"))
EVENTS = table("events", column("day"), column("kind", "text"), schema="log", kind="p")
EVENTS_1 = table("events_1", *EVENTS.columns, schema="log", is_partition=True, parent=("log", "events"))
BIG_ORDERS = table(
    "big_orders",
    column("number"),
    column("buyer"),
    kind="v",
    definition="SELECT o.id AS number, o.customer_id AS buyer FROM orders o WHERE o.total > 100",
)
SHOP = Catalog(
    server_version=180000,
    database="shop",
    search_path=("public",),
    relations=(CUSTOMERS, ORDERS, ODD, EVENTS, EVENTS_1, BIG_ORDERS),
    indexes=(primary_key("customers", "id"), primary_key("orders", "id")),
    foreign_keys=(ForeignKey(("public", "orders"), "fk", ("customer_id",), ("public", "customers"), ("id",)),),
)
