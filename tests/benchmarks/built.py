"""Sets of indexes that are really built, on one database, and shown to the planner one set at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from dbopt.postgres.identifiers import SQL
from dbopt.postgres.session import Session, connect


class Built:
    """Indexes that exist, each once, of which one set at a time is shown to the planner."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._oids: dict[str, int] = {}
        self._sets: dict[str, list[int]] = {}

    @classmethod
    @contextmanager
    def on(cls, dsn: str) -> Iterator[Built]:
        """Dropped at the end."""
        built = cls(dsn)
        try:
            yield built
        finally:
            with connect(dsn) as session:
                for number in range(len(built._oids)):
                    session.script(f"DROP INDEX built_{number}")

    def build(self, label: str, indexes: Iterable[str]) -> None:
        """What is missing of the set, given as CREATE INDEX; then all of them are shown until `show`."""
        with connect(self.dsn) as session:
            session.script("SET maintenance_work_mem = '1GB'")
            self._sets[label] = [self._oid(session, sql) for sql in indexes]

    def bytes(self, label: str) -> int:
        query = SQL(
            "SELECT coalesce(sum(pg_relation_size(oid)), 0)::bigint AS size FROM unnest(%(oids)s::oid[]) AS oid"
        )
        with connect(self.dsn) as session:
            return int(session.fetch(query, {"oids": self._sets[label]})[0]["size"])

    def show(self, label: str) -> None:
        """Needs a superuser: nobody else may write the catalog."""
        with connect(self.dsn) as session:
            session.execute(
                SQL("UPDATE pg_index SET indisvalid = (indexrelid = ANY (%(shown)s)) WHERE indexrelid = ANY (%(all)s)"),
                {"shown": self._sets[label], "all": list(self._oids.values())},
            )

    def _oid(self, session: Session, sql: str) -> int:
        """Of the index, which is built unless one like it was; HypoPG spells its definition in one way."""
        made = session.fetch(SQL("SELECT indexrelid FROM hypopg_create_index(%(sql)s)"), {"sql": sql})[0]["indexrelid"]
        text = session.fetch(SQL("SELECT hypopg_get_indexdef(%(oid)s::oid) AS text"), {"oid": made})[0]["text"]
        session.fetch(SQL("SELECT hypopg_reset()"))
        if text not in self._oids:
            name = f"built_{len(self._oids)}"
            session.script(text.replace("INDEX ON", f"INDEX {name} ON", 1))
            self._oids[text] = session.fetch(SQL("SELECT %(name)s::regclass::oid AS oid"), {"name": name})[0]["oid"]
        return self._oids[text]
