"""What a case of the corpus says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.kinds import kind_of
from dbopt.workload.model import Source, Statement, Workload
from dbopt.workload.sql import tables_of

Indexes = Sequence[str]
"""Indexes, each what follows ON in its CREATE INDEX."""

NONE: Indexes = ()


@dataclass(frozen=True)
class Case:
    """A database with a workload and what to advise for it.

    `tables` is the SQL that makes and fills its tables. `best` are the known answers, one as good as the other; `worse`
    are answers that look as if they would do, and do not (none at all is always one of them, unless it is the best).
    `slower` are others that the planner thinks too well of: run, they touch more pages.

    `never` are regular expressions that no advised index may match, as pg_get_indexdef writes it; `impossible` are
    indexes that PostgreSQL refuses. `drop` names the indexes that should go, `schema.name` or, where either may,
    `schema.one|schema.other`; no others may. `unplanned` are the first words of statements that must be in
    `not_advised`. `covering`: included columns are part of the answer; else they may be more or fewer.

    ANALYZE reads all of a table up to 30,000 rows, so that most tables have as many: their statistics are always the
    same.
    """

    title: str
    tables: str
    workload: Sequence[Statement]
    best: Sequence[Indexes]
    worse: Sequence[Indexes] = ()
    slower: Sequence[Indexes] = ()
    never: Sequence[str] = ()
    impossible: Sequence[str] = ()
    drop: Sequence[str] = ()
    unplanned: Sequence[str] = ()
    budget_bytes: int | None = None
    covering: bool = False


@dataclass(frozen=True)
class Kind:
    """Cases of one kind, which share a database. `given` is SQL that runs in it first; `locale` is the C library's,
    by which texts then do not sort bytewise for the planner.
    """

    name: str
    cases: Sequence[Case]
    given: str = ""
    locale: str = ""


def query(sql: str, *parameters: Sequence[str | None], calls: int = 100, rows: int | None = None) -> Statement:
    """A statement of a workload. Each further argument is one set of parameters."""
    return Statement(
        id=fingerprint(sql),
        name=None,
        sql=sql,
        kind=kind_of(sql),
        calls=calls,
        rows=rows,
        parameters=tuple(tuple(values) for values in parameters),
        tables=tables_of(sql),
        parameters_from="captured" if parameters else None,
    )


def workload_of(case: Case) -> Workload:
    return Workload(Source("sql", None, None, None), tuple(case.workload))
