"""Facts for tests of the gate: from real plans, and made up."""

from __future__ import annotations

from dbopt.check.baseline import TableFacts
from dbopt.check.case import Case
from dbopt.check.facts import RESULT, Facts, Read
from dbopt.check.observe import Observer
from dbopt.workload.files import single
from tests.servers import Database


def observed(database: Database, sql: str, values: tuple[str | None, ...] = ()) -> Facts:
    """The facts of the statement's plan on this database."""
    return Observer(database.session, "18.0").facts(single(sql, values).statements[0])[0]


def made(
    cost: float = 100.0,
    *reads: Read,
    joins: tuple[str, ...] = (),
    estimates: dict[str, float] | None = None,
    spills: tuple[str, ...] = (),
    shape: str | None = None,
) -> Facts:
    """Facts of a plan that exists in the test alone."""
    own_shape = shape or ", ".join([*joins, *(f"{read.method} {read.index} {read.relation}" for read in reads)])
    rows = {RESULT: 10.0, **(estimates or {})}
    return Facts(cost, own_shape, reads, joins, rows, spills, (own_shape,))


def table(
    name: str, rows: float = 1e6, blocks: int = 10_000, partitions: int = 0, **known: tuple[str, ...]
) -> TableFacts:
    return TableFacts(name, rows, blocks, partitions, blocks, **known)


def case(
    before: Facts, after: Facts, *tables: TableFacts, now: tuple[TableFacts, ...] = (), same_text: bool = True
) -> Case:
    """A case in which the tables are on both sides, or those of `now` on the second."""
    old = {one.name: one for one in tables}
    return Case(before, after, old, {**old, **{one.name: one for one in now}}, 0.10, same_text)
