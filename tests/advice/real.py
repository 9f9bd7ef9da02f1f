"""Indexes built for real, and what the planner then makes of a workload: the measure of every answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from dbopt.errors import ServerError
from dbopt.plan import execution
from dbopt.plan.effort import buffers
from dbopt.plan.tree import parse
from dbopt.postgres.identifiers import SQL, Identifier
from dbopt.postgres.session import Row, Session
from dbopt.workload.model import Statement

_LIMITS = execution.Limits(timeout_ms=60_000, allow_dml=True)
_WRITES = ("insert", "update", "delete", "merge")
_RUNS = 8

# Every index that is not part of a partitioned one.
_INDEXES = SQL("""
SELECT i.indexrelid AS oid, c.relname AS name, n.nspname AS schema, i.indrelid::regclass::text AS table,
       i.indisvalid AS is_valid, i.indexprs IS NOT NULL AS has_expressions, pg_get_indexdef(i.indexrelid) AS definition,
       coalesce((SELECT sum(pg_relation_size(p.relid)) FROM pg_partition_tree(i.indexrelid) AS p WHERE p.isleaf),
                pg_relation_size(i.indexrelid))::bigint AS bytes,
       coalesce((SELECT array_agg(p.relid::regclass::text) FROM pg_partition_tree(i.indexrelid) AS p),
                ARRAY[i.indexrelid::regclass::text]) AS parts,
       ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute AS a
             WHERE a.attrelid = i.indexrelid AND a.attnum > i.indnkeyatts ORDER BY a.attnum) AS include
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid AND NOT c.relispartition
JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_'
""")


@dataclass(frozen=True)
class Built:
    """An index as the server has it. `definition` is everything from the table on, without `include`; `parts` are its
    names in plans, those of its partitions too.
    """

    definition: str
    include: tuple[str, ...]
    bytes: int
    parts: tuple[str, ...]

    def __str__(self) -> str:
        included = f" INCLUDE ({', '.join(self.include)})" if self.include else ""
        return f"{self.definition}{included}"


@dataclass(frozen=True)
class Work:
    """A workload with some indexes: the planner's cost times calls, and pages that its writes touch times calls, since
    the planner charges nothing for the upkeep of indexes. `idle` are the indexes that no plan reads.
    """

    cost: float
    pages: float
    bytes: int
    idle: tuple[str, ...] = ()

    def total(self, page_cost: float = 1.0) -> float:
        """In units of the planner's cost; by default a page counts what a page read in order does."""
        return self.cost + page_cost * self.pages


@contextmanager
def built(session: Session, commands: Sequence[str]) -> Iterator[tuple[Built, ...]]:
    """Run these CREATE INDEX commands; the indexes are dropped at the end. Raises ServerError. Where one has an
    expression its table is analysed, as after any change of that kind.
    """
    before = {row["oid"] for row in session.fetch(_INDEXES)}
    try:
        for command in commands:
            session.script(command)
        made = [row for row in session.fetch(_INDEXES) if row["oid"] not in before]
        for table in sorted({row["table"] for row in made if row["has_expressions"]}):
            session.script(f"ANALYZE {table}")
        yield tuple(_built(row) for row in made)
    finally:
        for row in session.fetch(_INDEXES):
            if row["oid"] not in before:
                session.execute(SQL("DROP INDEX {}").format(Identifier(row["schema"], row["name"])))


def commands(definitions: Sequence[str]) -> list[str]:
    """CREATE INDEX for what follows ON."""
    return [f"CREATE INDEX advice_{number} ON {text}" for number, text in enumerate(definitions, 1)]


def work(session: Session, workload: Sequence[Statement], indexes: Sequence[Built] = ()) -> Work:
    """What the statements cost now. One that does not plan costs nothing."""
    cost = pages = 0.0
    read: set[str] = set()
    for statement in workload:
        try:
            plans = [execution.plan(session, one, _LIMITS) for one in statement.by_parameters]
        except ServerError:
            continue
        read.update(name for planned in plans for name in planned.plan.indexes)
        cost += statement.weight * sum(planned.plan.cost for planned in plans) / len(plans)
        if statement.kind in _WRITES:
            touched = [_pages(session, planned) for planned in plans]
            pages += statement.weight * sum(touched) / len(touched)
    idle = tuple(str(index) for index in indexes if not read.intersection(_bare(index.parts)))
    return Work(cost, pages, sum(index.bytes for index in indexes), idle)


@dataclass
class Measured:
    """Indexes, by what follows ON, built once each and measured with one workload."""

    session: Session
    workload: Sequence[Statement]
    _known: dict[tuple[str, ...], tuple[tuple[Built, ...], Work]] = field(default_factory=dict)

    def indexes(self, definitions: Sequence[str]) -> tuple[Built, ...]:
        return self._of(definitions)[0]

    def work(self, definitions: Sequence[str]) -> Work:
        return self._of(definitions)[1]

    def pages(self, definitions: Sequence[str]) -> float:
        """Those that the statements touch when they are run, times calls."""
        with built(self.session, commands(definitions)):
            return pages_touched(self.session, self.workload)

    def _of(self, definitions: Sequence[str]) -> tuple[tuple[Built, ...], Work]:
        key = tuple(definitions)
        if key not in self._known:
            with built(self.session, commands(key)) as indexes:
                self._known[key] = indexes, work(self.session, self.workload, indexes)
        return self._known[key]


def pages_touched(session: Session, workload: Sequence[Statement]) -> float:
    """Blocks that the statements touch when they are run, times calls."""
    return sum(
        statement.weight * _pages(session, execution.plan(session, one, _LIMITS)) / len(statement.by_parameters)
        for statement in workload
        for one in statement.by_parameters
    )


def _pages(session: Session, planned: execution.Planned) -> float:
    """Blocks that a run touches in the mean, without the first one, which looks into catalogs. Nothing of it stays."""
    values = planned.statement.first_values
    runs = [parse(execution.run(session, planned, values, _LIMITS)) for _ in range(1 + _RUNS)]
    seen = [buffers(run.root) for run in runs[1:]]
    return sum(one.shared_hit + one.shared_read for one in seen) / len(seen)


def without(session: Session, workload: Sequence[Statement], names: Sequence[str]) -> Work:
    """What the statements cost without these existing indexes."""
    with session.rolled_back(read_only=False):
        for name in names:
            session.script(f"DROP INDEX {name}")
        return work(session, workload)


def _built(row: Row) -> Built:
    include = tuple(row["include"])
    definition = re.sub(r"^CREATE (UNIQUE )?INDEX .*? ON (ONLY )?", "", row["definition"], count=1)
    if include:
        definition = definition.replace(f" INCLUDE ({', '.join(include)})", "", 1)
    return Built(definition, tuple(sorted(include)), row["bytes"], tuple(row["parts"]))


def _bare(names: Sequence[str]) -> set[str]:
    """Plans name indexes without their schema, and without quotes."""
    return {name.rsplit(".", 1)[-1].strip('"') for name in names}
