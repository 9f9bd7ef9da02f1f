"""Columns and expressions of indexes, as sql/index/attributes.sql tells them, for the formulas of their sizes."""

from __future__ import annotations

from dbopt.index.size import Attribute
from dbopt.postgres.session import Row


def attribute_of(row: Row) -> Attribute:
    return Attribute(
        length=row["length"],
        alignment=row["alignment"],
        avg_width=row["avg_width"],
        null_fraction=row["null_fraction"],
        n_distinct=row["n_distinct"],
        frequencies=tuple(row["frequencies"]),
        is_key=row["is_key"],
        equal_images=row["equal_images"],
        opclass=row["opclass"],
        table_rows=max(row["table_rows"], 0.0),
    )
