"""What redacting needs to know from the source's catalog."""

from __future__ import annotations

from collections.abc import Collection

from dbopt.errors import ServerError
from dbopt.postgres.identifiers import SQL, Identifier
from dbopt.postgres.session import Row, Session
from dbopt.shadow.redact import Source
from dbopt.shadow.redact.kinds import DROPPED, Collation, Kind, TypeRow, kind_of

_DEFAULT: Collation = ("pg_catalog", "default")


def read(session: Session) -> Source:
    """Read it; sorting goes on using the session."""
    types = {row["oid"]: TypeRow(**row) for row in session.rows("shadow/types")}
    attributes = {}
    for row in session.rows("shadow/attributes"):
        kind = kind_of(row["type"], row["typmod"], _collation(row), types)
        attributes[row["schema"], row["relation"], row["name"]] = kind
        attributes.setdefault((row["schema"], row["relation"], str(row["number"])), kind)

    def sort(texts: Collection[str], collation: Collation | None, folded: bool) -> list[str]:
        return _sorted(session, texts, collation or _DEFAULT, folded=folded)

    return Source(attributes, _expressions(session, types), sort)


def _collation(row: Row) -> Collation | None:
    return (row["collation_schema"], row["collation"]) if row["collation"] else None


def _expressions(session: Session, types: dict[int, TypeRow]) -> dict[tuple[str, str], tuple[Kind, ...]]:
    found: dict[tuple[str, str], tuple[Kind, ...]] = {}
    try:
        with session.savepoint():
            rows = session.rows("shadow/expression_types")
    except ServerError:  # a type without a binary form: the values of all expressions are left out
        return found
    for row in rows:
        kind = DROPPED if row["type"] is None else kind_of(row["type"], -1, _DEFAULT, types)
        found[row["schema"], row["name"]] = (*found.get((row["schema"], row["name"]), ()), kind)
    return found


def _sorted(session: Session, texts: Collection[str], collation: Collation, *, folded: bool) -> list[str]:
    statement = SQL(
        "SELECT t.v FROM unnest(%(texts)s::text[]) AS t (v) ORDER BY {} COLLATE {}, t.v COLLATE pg_catalog.{}"
    ).format(SQL("lower(t.v)" if folded else "t.v"), Identifier(*collation), Identifier("C"))
    return [row["v"] for row in session.fetch(statement, {"texts": sorted(texts)})]
