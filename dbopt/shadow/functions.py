"""Functions that read tables: the planner calls one with constant arguments, and in a shadow it would find no rows and
give another answer than on the source. There it is an error.
"""

from __future__ import annotations

from collections.abc import Collection

from dbopt.postgres.session import Session
from dbopt.workload.lexer import significant
from dbopt.workload.relations import relations

_RUNS_ANY_TEXT = "execute"  # of plpgsql: what it reads is not known


def refuse_those_that_read(session: Session, tables: Collection[str]) -> None:
    """Let the functions fail that may read one of these tables (names without schemas). The session is the superuser's.
    Functions of several rows are left alone: the planner takes the query of an SQL function for its own and calls none.
    """
    rows = [row for row in session.rows("shadow/scalar_functions") if reads(row["body"], tables)]
    if rows:
        session.rows(
            "shadow/refuse_functions",
            oids=[row["oid"] for row in rows],
            messages=[f"{row['signature']} reads tables, and those of the shadow have no rows" for row in rows],
        )


def reads(body: str, tables: Collection[str]) -> bool:
    """Whether a function's body may read one of the tables. Pure."""
    if any(token.folded == _RUNS_ANY_TEXT for token in significant(body)):
        return True
    return any(name in tables for _, name in relations(body))
