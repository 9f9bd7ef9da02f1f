"""Looking at some rows on the server: a few hundred pages, read only, within a time limit."""

from __future__ import annotations

from dbopt.errors import ConnectionFailed, ServerError
from dbopt.index.maintenance.context import Dependence
from dbopt.postgres.identifiers import SQL
from dbopt.postgres.schema import Relation
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Session

PAGES = 256  # of a table: 2 MB
PATIENCE_MS = 2000


class Samples:
    """Answers Sampler on one session: the same rows each time, as long as nobody writes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def dependence(self, table: Relation, columns: tuple[str, str]) -> Dependence | None:
        """None where the role may not read the table, nobody may at the moment, or it takes too long."""
        percent = min(100.0, 100 * PAGES / max(table.bytes >> 13, 1))
        query = render(
            "index/dependence.sql",
            schema=table.schema,
            table=table.name,
            one=columns[0],
            other=columns[1],
            percent=f"{percent:.6f}",
        )
        try:
            with self._session.rolled_back(statement_timeout_ms=PATIENCE_MS):
                row = self._session.fetch(SQL(query))[0]
        except ConnectionFailed:
            raise
        except ServerError:
            return None
        if row["actual"] is None or row["expected"] is None:
            return None
        return Dependence(**{**row, "rows": int(row["rows"])})
