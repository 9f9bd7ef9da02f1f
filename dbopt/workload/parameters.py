"""Values for the `$n` of a workload's statements, so that plans and timings are those of real questions.

Where they come from, per statement, in this order: literals of the same statement seen in pg_stat_activity
("captured"); the planner's statistics of the columns compared ("statistics"); the types of the parameters alone
("types"). A statement that gets none is planned generically.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dbopt.errors import ConnectionFailed, ServerError
from dbopt.postgres.identifiers import qualified, quoted
from dbopt.postgres.protocol import too_many_parameters
from dbopt.postgres.session import Session
from dbopt.workload.commands import names_command
from dbopt.workload.fingerprint import fingerprint
from dbopt.workload.lexer import has_too_many, parameter_numbers
from dbopt.workload.model import Statement, Workload
from dbopt.workload.observed import literals
from dbopt.workload.parameter_types import PLANNING_LIMIT_MS, types_of
from dbopt.workload.roles import Column, Role, Use
from dbopt.workload.values import ColumnStatistics, Type, default, drawn, fits

FROM_STATISTICS = "statistics"
"""Where values came from that may be others when the statistics are."""

ColumnKey = tuple[str | None, str, str]
Set = tuple[str | None, ...]


@dataclass
class _Context:
    """What is known of the database while the statements are gone through."""

    session: Session
    sets: int
    statistics: Mapping[ColumnKey, ColumnStatistics]
    observed: Mapping[str, list[str]]
    failures: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def with_parameters(
    session: Session, workload: Workload, sets: int = 3, *, observed: bool = True
) -> tuple[Workload, tuple[str, ...]]:
    """The workload with up to `sets` distinct parameter sets for each statement that has `$n` and no values yet, and
    remarks on what could not be had. Every set was accepted by the server, which planned the statement with it. Values
    of statements that run just now come first, unless `observed` is False.

    Raises ConnectionFailed; all else is a remark.
    """
    without = [one for one in workload.statements if _needs_values(one)]
    if not without:
        return workload, ()
    from dbopt.workload.uses import uses  # it parses, and a workload with values is not to wait for the parser

    missing = {id(one): () if has_too_many(one.sql) else uses(one.sql) for one in without}
    with session.rolled_back(statement_timeout_ms=PLANNING_LIMIT_MS):
        statistics, remarks = _statistics(session, [use.column for found in missing.values() for use in found])
        texts = _observed(session) if observed else {}
    context = _Context(session, sets, statistics, texts)
    done = [_completed(context, one, missing[id(one)]) if id(one) in missing else one for one in workload.statements]
    return replace(workload, statements=tuple(done)), (*remarks, *_failure_notes(context))


def _needs_values(statement: Statement) -> bool:
    if statement.parameters or statement.truncated or names_command(statement.sql):
        return False
    return bool(parameter_numbers(statement.sql))


def _failure_notes(context: _Context) -> Iterator[str]:
    for reason, labels in context.failures.items():
        shown = ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")
        yield f"no parameter values for {shown}: {reason}"


# -- one statement ----------------------------------------------------------------------------------------------------


def _completed(context: _Context, statement: Statement, found: Sequence[Use]) -> Statement:
    try:
        if has_too_many(statement.sql):
            raise too_many_parameters(len(parameter_numbers(statement.sql)))
        with context.session.rolled_back(statement_timeout_ms=PLANNING_LIMIT_MS):
            types = types_of(context.session, statement.sql)
            parameters, origin = _accepted_sets(context, statement, found, types)
    except ConnectionFailed:
        raise
    except ServerError as error:
        context.failures[error.message].append(statement.label)
        return statement
    if not parameters:
        context.failures["no value is known that the server accepts"].append(statement.label)
        return statement
    return replace(statement, parameters=parameters, parameters_from=origin)


def _accepted_sets(
    context: _Context, statement: Statement, found: Sequence[Use], types: Mapping[int, Type]
) -> tuple[tuple[Set, ...], str]:
    """The sets that the server plans, of the best origin that has any."""
    for origin, sets in _proposals(context, statement, found, types):
        accepted = [one for one in dict.fromkeys(sets) if _plans(context.session, statement.sql, one)]
        if accepted:
            return tuple(accepted[: context.sets]), origin
    return (), ""


def _proposals(
    context: _Context, statement: Statement, found: Sequence[Use], types: Mapping[int, Type]
) -> Iterator[tuple[str, list[Set]]]:
    texts = context.observed.get(statement.id, [])
    yield "captured", [values for text in texts if (values := literals(statement.sql, text)) is not None]
    drawings = [_drawn_set(context, found, types, number) for number in range(context.sets)]
    from_statistics = any(used for _, used in drawings)
    yield FROM_STATISTICS if from_statistics else "types", [one for one, _ in drawings if one is not None]
    if from_statistics:
        plain, _ = _drawn_set(replace(context, statistics={}), found, types, 0)
        yield "types", [plain] if plain is not None else []


def _drawn_set(
    context: _Context, found: Sequence[Use], types: Mapping[int, Type], number: int
) -> tuple[Set | None, bool]:
    """One set, and whether statistics had a part in it; no set where a parameter's type has no known value."""
    pairs = _pairs(found)
    values: list[str | None] = []
    used = False
    for parameter, type_ in sorted(types.items()):
        mine = [use for use in found if use.number == parameter]
        value = _from_statistics(context, mine, type_, pairs, number)
        used = used or value is not None
        values.append(default(type_, [use.role for use in mine], number) if value is None else value)
    return (None, False) if None in values else (tuple(values), used)


def _pairs(found: Iterable[Use]) -> frozenset[Column]:
    """The columns that have a lower and an upper bound."""
    bounds: dict[Role, set[Column]] = {Role.LOWER: set(), Role.UPPER: set()}
    for use in found:
        if use.role in bounds and use.column is not None:
            bounds[use.role].add(use.column)
    return frozenset(bounds[Role.LOWER] & bounds[Role.UPPER])


def _from_statistics(
    context: _Context, mine: Iterable[Use], type_: Type, pairs: frozenset[Column], number: int
) -> str | None:
    for use in mine:
        for statistics in _known(context.statistics, use.column):
            value = drawn(use, statistics, use.column in pairs, number)
            fitting = None if value is None else fits(value, type_)
            if fitting is not None:
                return fitting
    return None


def _known(statistics: Mapping[ColumnKey, ColumnStatistics], column: Column | None) -> Iterator[ColumnStatistics]:
    """The statistics of the first relation that has this column."""
    if column is not None:
        keys = ((*relation, column.name) for relation in column.relations)
        yield from [statistics[key] for key in keys if key in statistics][:1]


def _plans(session: Session, sql: str, values: Set) -> bool:
    """Whether the server plans the statement with these values."""
    try:
        with session.savepoint():
            session.fetch_workload(sql, values, prefix="EXPLAIN ")
    except ConnectionFailed:
        raise
    except ServerError:
        return False
    return True


# -- the database -----------------------------------------------------------------------------------------------------


def _statistics(
    session: Session, columns: Iterable[Column | None]
) -> tuple[dict[ColumnKey, ColumnStatistics], tuple[str, ...]]:
    """pg_stats of these columns, and remarks on tables that have none."""
    wanted = sorted(
        {(*relation, column.name) for column in columns if column is not None for relation in column.relations},
        key=lambda key: (key[0] or "", key[1], key[2]),
    )
    rows = session.rows(
        "workload/columns",
        schemas=[schema for schema, _, _ in wanted],
        relations=[relation for _, relation, _ in wanted],
        columns=[column for _, _, column in wanted],
    )
    known = {(row["schema"], row["relation"], row["name"]): _column_statistics(row) for row in rows}
    unreadable = {_shown(row) for row in rows if not row["readable"]}
    without = {_shown(row) for row in rows if row["readable"] and not known[_key(row)].pool} - unreadable
    remarks = [f"{name}: its statistics are not readable without SELECT on it" for name in sorted(unreadable)]
    if without:
        remarks.append(f"columns without statistics in {', '.join(sorted(without))}: never analysed or without values")
    return known, tuple(remarks)


def _key(row: Mapping[str, Any]) -> ColumnKey:
    return row["schema"], row["relation"], row["name"]


def _shown(row: Mapping[str, Any]) -> str:
    return qualified(row["schema"], row["relation"]) if row["schema"] else quoted(row["relation"])


def _column_statistics(row: Mapping[str, Any]) -> ColumnStatistics:
    return ColumnStatistics(
        Type(row["type"], row["category"]),
        tuple(row["most_common_vals"] or ()),
        tuple(row["histogram_bounds"] or ()),
        tuple(row["most_common_elems"] or ()),
    )


def _observed(session: Session) -> dict[str, list[str]]:
    """Texts in pg_stat_activity by fingerprint."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in session.rows("workload/activity"):
        found[fingerprint(row["query"])].append(row["query"])
    return found
