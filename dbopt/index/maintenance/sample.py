"""Looking at some rows on the server: a few hundred pages, read only, within a time limit."""

from __future__ import annotations

from dbopt.errors import ConnectionFailed, ServerError
from dbopt.index.maintenance.context import Dependence, Repeats
from dbopt.postgres.schema import Relation
from dbopt.postgres.scripts import render
from dbopt.postgres.session import Row, Session

PAGES = 256  # of a table: 2 MB
PATIENCE_MS = 1000


class Samples:
    """Answers Sampler on one session: the same rows each time, as long as nobody writes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def dependence(self, table: Relation, columns: tuple[str, str]) -> Dependence | None:
        """None where the role may not read the table, nobody may at the moment, or it takes too long."""
        row = self._ask("dependence", table, one=columns[0], other=columns[1])
        if row is None or row["actual"] is None or row["expected"] is None:
            return None
        return Dependence(**{**row, "rows": int(row["rows"])})

    def repeats(self, table: Relation, expression: str) -> Repeats | None:
        """The same, of one expression. What an index may have is immutable."""
        row = self._ask("repeats", table, expression=expression)
        if row is None or not row["compared"]:
            return None
        return Repeats(**{**row, "rows": int(row["rows"])})

    def _ask(self, name: str, table: Relation, **values: str) -> Row | None:
        """The one row of a template; through the protocol that takes a single statement."""
        percent = min(100.0, 100 * PAGES / max(table.bytes >> 13, 1))
        query = render(f"index/{name}.sql", schema=table.schema, table=table.name, percent=f"{percent:.6f}", **values)
        try:
            with self._session.rolled_back(statement_timeout_ms=PATIENCE_MS):
                return self._session.fetch_workload(query)[0]
        except ConnectionFailed:
            raise
        except ServerError:
            return None
