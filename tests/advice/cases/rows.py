"""What the tables of many cases are filled with."""

from __future__ import annotations

TEXT = "repeat(md5(n::text), 5)"
"""160 characters in a column without a limit: rows are as wide as in life, and nobody would include it in an index."""


def spread(values: int, salt: int = 0) -> str:
    """One of that many numbers from 0 on for the row `n`, always the same and in no order; salts are independent."""
    return f"(abs(hashint4extended(n, {salt})) % {values})"


def pick(*values: str, salt: int = 0) -> str:
    """One of these texts for the row `n`, in the same way. One that is named twice comes twice as often."""
    return f"(ARRAY[{', '.join(repr(value) for value in values)}])[1 + {spread(len(values), salt)}]"


def some(percent: int, salt: int = 0) -> str:
    """Whether the row `n` is among so many of a hundred."""
    return f"({spread(100, salt)} < {percent})"


def fill(table: str, *values: str, rows: int = 30_000) -> str:
    """INSERT of rows numbered `n`, from 1 on."""
    return f"INSERT INTO {table} SELECT {', '.join(values)} FROM generate_series(1, {rows}) AS n;"
