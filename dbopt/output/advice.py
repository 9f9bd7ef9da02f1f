"""Index advice for people, and as a script for psql."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbopt.output import units
from dbopt.output.report import Column, Report, Table

if TYPE_CHECKING:
    from dbopt.index.advice import Advice, Confirmed, ConfirmedIndex, CreateAdvice
    from dbopt.workload.model import Workload


def report(advice: Advice, workload: Workload) -> Report:
    """New indexes, drops, and statements without advice with their names."""
    tables = [_create(advice, workload)]
    tables += [_drop(advice)] if advice.drop else []
    tables += [_maintain(advice)] if advice.maintain else []
    tables += [_not_advised(advice, workload)] if advice.not_advised else []
    return Report(tables=tuple(tables), document=advice, sql=script(advice))


def _create(advice: Advice, workload: Workload) -> Table:
    labels = {statement.id: units.statement_name(statement) for statement in workload.statements}
    columns = (
        Column("#", right=True),
        Column("index", wrap=True),
        Column("size", units.size, right=True),
        Column("saves", units.percent, right=True),
        Column("statements", wrap=True),
        Column("reason", wrap=True),
    )
    rows = tuple(
        (
            number,
            definition(one),
            one.size_bytes,
            one.cost_saved / advice.cost_before if advice.cost_before else 0.0,
            _listed([labels.get(statement.id, statement.id) for statement in one.statements]),
            one.reason,
        )
        for number, one in enumerate(advice.create, 1)
    )
    title = "Indexes to create" if rows else ""
    table = Table(columns, rows, title=title, footer=_footer(advice))
    return table if advice.confirmed is None or not rows else _with_confirmation(table, advice.confirmed)


def _with_confirmation(table: Table, confirmed: Confirmed) -> Table:
    """The table with what the server's own planner says."""
    rows = tuple((*row, on_the_server(one)) for row, one in zip(table.rows, confirmed.indexes, strict=True))
    before, after = units.cost(confirmed.cost_before), units.cost(confirmed.cost_after)
    share = 1 - confirmed.cost_after / confirmed.cost_before if confirmed.cost_before else 0.0
    said = f"by the server's own planner (PostgreSQL {confirmed.server_version}): {before} -> {after}"
    return replace(
        table,
        columns=(*table.columns, Column("on the server", wrap=True)),
        rows=rows,
        footer=f"{table.footer}\n{said} ({units.percent(-share)})",
    )


def definition(one: CreateAdvice) -> str:
    """The index in short: `public.orders (status, placed_at) INCLUDE (total)`."""
    method = "" if one.access_method == "btree" else f" USING {one.access_method}"
    include = f" INCLUDE ({', '.join(one.include)})" if one.include else ""
    predicate = f" WHERE {one.predicate}" if one.predicate else ""
    return f"{one.table}{method} ({', '.join(one.columns)}){include}{predicate}"


def on_the_server(one: ConfirmedIndex) -> str:
    """What the server's planner makes of the index, in words."""
    if one.cost_before is None or one.cost_after is None:
        return one.note
    costs = f"taken: cost {units.cost(one.cost_before)} -> {units.cost(one.cost_after)}"
    return f"{costs}; {one.note}" if one.note else costs


def _listed(labels: list[str]) -> str:
    shown = ", ".join(labels[:3])
    return f"{shown} and {len(labels) - 3} more" if len(labels) > 3 else shown


def _footer(advice: Advice) -> str:
    before, after = units.cost(advice.cost_before), units.cost(advice.cost_after)
    if not advice.create:
        return f"No index is worth building: the workload costs {before} in all ({_asked(advice)})"
    share = (advice.cost_before - advice.cost_after) / advice.cost_before if advice.cost_before else 0.0
    number = f"{len(advice.create)} index{'es' if len(advice.create) > 1 else ''}"
    return (
        f"cost of the workload {before} -> {after} ({units.percent(-share)}), "
        f"{number} of {units.size(advice.storage_bytes)} ({_asked(advice)}){_above_best(advice)}"
    )


def _above_best(advice: Advice) -> str:
    """How far the cost can be from the best that any of the candidates reach, writes included."""
    if not advice.cost_bound:
        return ""
    cost = advice.cost_after + sum(one.write_cost for one in advice.create)
    above = max(cost / advice.cost_bound - 1, 0.0)
    return f", at most {100 * above:.1f} % above the best possible"


def _asked(advice: Advice) -> str:
    return f"{advice.what_if}, {units.count(advice.planner_calls)} plans"


def _drop(advice: Advice) -> Table:
    """Numbered after the indexes to create."""
    columns = (
        Column("#", right=True),
        Column("index", wrap=True),
        Column("kind"),
        Column("size", units.size, right=True),
        Column("writes", units.cost, right=True),
        Column("reason", wrap=True),
    )
    rows = tuple(
        (number, one.index, one.kind, one.size_bytes, one.write_cost, one.reason)
        for number, one in enumerate(advice.drop, len(advice.create) + 1)
    )
    freed = f"{units.size(advice.freed_bytes)} become free"
    saved = f", and writes cost {units.cost(advice.freed_write_cost)} less" if advice.freed_write_cost else ""
    return Table(columns, rows, title="Indexes to drop", footer=freed + saved)


def _maintain(advice: Advice) -> Table:
    columns = (
        Column("statement", wrap=True),
        Column("kind"),
        Column("cost before", units.cost, right=True),
        Column("cost after", units.cost, right=True),
        Column("reason", wrap=True),
    )
    rows = tuple((one.sql, one.kind, one.cost_before, one.cost_after, one.reason) for one in advice.maintain)
    return Table(
        columns, rows, title="Besides indexes", footer="`dbopt apply` does none of these: --format sql has them"
    )


def _not_advised(advice: Advice, workload: Workload) -> Table:
    labels = {statement.id: units.statement_name(statement) for statement in workload.statements}
    columns = (Column("statement", wrap=True), Column("reason", wrap=True))
    rows = tuple((labels.get(one.id, one.id), one.reason) for one in advice.not_advised)
    return Table(columns, rows, title="Statements without an index in this advice", styles=("dim",) * len(rows))


def script(advice: Advice) -> str:
    """The changes for psql, one by one and outside a transaction, each with its undo as a comment."""
    lines = [f"-- Index advice of dbopt ({advice.what_if}, PostgreSQL {advice.server_version}). Run it with psql."]
    lines += [r"\set ON_ERROR_STOP on"]
    for one in advice.create:
        lines += ["", f"-- {units.comment(one.reason)}", f"{one.sql};", f"-- undo: {units.comment(one.undo_sql)};"]
    for drop in advice.drop:
        lines += [
            "",
            f"-- {drop.kind}: {units.comment(drop.reason)}",
            f"{drop.sql};",
            f"-- undo: {units.comment(drop.undo_sql)};",
        ]
    for upkeep in advice.maintain:
        undo = f"undo: {units.comment(upkeep.undo_sql)};" if upkeep.undo_sql else "there is nothing to undo"
        lines += ["", f"-- {upkeep.kind}: {units.comment(upkeep.reason)}", f"{upkeep.sql};", f"-- {undo}"]
    return "\n".join(lines) + "\n"
