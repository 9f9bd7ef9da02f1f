"""What PostgreSQL's protocol has room for."""

from __future__ import annotations

from dbopt.errors import QueryFailed

MOST_PARAMETERS = 65_535
"""Of one statement: they are counted with 16 bits."""


def too_many_parameters(count: int) -> QueryFailed:
    """Why such a statement cannot be sent with values."""
    return QueryFailed(
        f"{count:,} parameters are more than the protocol can bind, which are {MOST_PARAMETERS:,}",
        hint="write the values into the statement, or pass them as one array: = ANY ($1)",
    )
