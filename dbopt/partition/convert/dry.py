"""What a conversion is going to run, as a script to read. Pure, but for what it is given.

It is no script to run as it stands: batches repeat until there is nothing left, and the swap depends on what the table
carries at that moment. So it begins with an error, for psql with ON_ERROR_STOP.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbopt.partition.convert import carry
from dbopt.partition.convert.attaching import BOUND
from dbopt.partition.convert.plan import Plan
from dbopt.partition.convert.target import FIRST, beside, lacking, log_names, stored, sync_key
from dbopt.partition.model import Name
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.scripts import render


def script(plan: Plan) -> str:
    """All stages, in order."""
    sections = _of_attaching(plan) if plan.target.check else _of_copying(plan)
    return _TO_READ + "\n".join(sections)


_TO_READ = """-- What this would run, to read. It cannot be run as a script: steps repeat, and depend on what they find.
DO $$ BEGIN RAISE EXCEPTION 'this is to be read: dbopt partition convert or undo runs it'; END $$;

"""


def _of_attaching(plan: Plan) -> Iterator[str]:
    table, new, first = plan.table, plan.new, plan.old
    yield _section("1. the new table, empty", plan.statements, together=True)
    others = [one for one in table.indexes if one.is_valid and one != sync_key(table)]
    indexes = [statement for one in others for statement in carry.index(one, new, plan.target)]
    yield _section("2. the other indexes, and statistics", [*indexes, *carry.statistics(table, new)], together=True)
    keys = (
        f"CREATE UNIQUE INDEX CONCURRENTLY {quoted(beside(one.name, FIRST))} ON {table.name}"
        f" {carry.definition_for(one, plan.target)}"
        for one in table.indexes
        if one.is_valid and lacking(one, plan.target.control)
    )
    yield _section("3. unique indexes with the partition key", keys)
    yield _section(
        "4. the bound, checked while the table is used",
        (
            f"ALTER TABLE {table.name} ADD CONSTRAINT {BOUND} CHECK ({plan.target.check}) NOT VALID",
            f"ALTER TABLE {table.name} VALIDATE CONSTRAINT {BOUND}",
        ),
    )
    swap = [statement for statement in _swap(plan) if "NOT VALID" not in statement]
    attach = f"ALTER TABLE {table.name} ATTACH PARTITION {first} {plan.target.parts[0].bound}"
    yield _section(
        "5. the swap, under a short lock, with whatever the table carries by then",
        [f"LOCK TABLE {table.name} IN ACCESS EXCLUSIVE MODE", *swap, attach],
        together=True,
    )


def _of_copying(plan: Plan) -> Iterator[str]:
    table, new = plan.table, plan.new
    yield _section("1. the new table, empty", plan.statements, together=True)
    yield f"-- 2. from now on, changes of {table.name} are logged by key"
    yield render("partition/convert/track.sql", **_names(plan))
    yield "-- 3. its rows are copied, some blocks at a time; then those that the log names, again and again"
    yield render(
        "partition/convert/copy.sql",
        new=new,
        leaf=plan.leaves[0],
        columns=stored(table),
        first=0,
        last=64,
    )
    yield render("partition/convert/take.sql", most=1000, **_names(plan))
    yield render("partition/convert/apply.sql", **_names(plan))
    key = sync_key(table)
    others = [one for one in table.indexes if one.is_valid and one != key]
    indexes = [statement for one in others for statement in carry.index(one, new, plan.target)]
    yield _section("4. the other indexes", indexes, together=True)
    yield _section("5. statistics", [*carry.statistics(table, new), f"ANALYZE {new}"])
    yield "-- 6. both are compared: the rows that the log does not name, as of one moment\n"
    yield _section(
        "7. the swap, under a short lock, with whatever the table carries by then",
        [f"LOCK TABLE {table.name} IN ACCESS EXCLUSIVE MODE", *_swap(plan)],
        together=True,
    )
    yield "-- 8. foreign keys are checked, without a lock that stops anybody\n"


def _swap(plan: Plan) -> Iterator[str]:
    table = plan.table
    yield from carry.names(table, plan.new, plan.old, ())
    yield from carry.owned_sequences(table)
    for column in table.columns:
        yield from carry.identity(table, column, ())
    leaves = [Name(plan.new.schema, part.name) for part in plan.target.parts] or [table.name]
    yield from carry.foreign_keys(table, leaves)
    yield from carry.inbound_keys(table)
    yield from carry.belongings(table, plan.old)
    yield from carry.constraint_comments(table)


def _section(title: str, statements: Iterable[str], *, together: bool = False) -> str:
    lines = [f"{statement};" for statement in statements]
    if together and len(lines) > 1:
        lines = ["BEGIN;", *lines, "COMMIT;"]
    return "\n".join([f"-- {title}", *lines]) + "\n"


def _names(plan: Plan) -> dict[str, object]:
    return {
        "table": plan.table.name,
        "new": plan.new,
        "log": "dbopt.conversion_log",
        "function": "dbopt.conversion_note",
        "trigger": quoted("zzz_dbopt_conversion"),
        **log_names(plan.table, plan.target),
    }
