"""Made-up databases: a schema that is filled anew for each trial, and rolled back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from sqlglot import exp

from dbopt.errors import ConnectionFailed, ServerError
from dbopt.plan import execution
from dbopt.plan.execution import Limits
from dbopt.postgres.identifiers import SQL, Identifier, qualified
from dbopt.postgres.schema import Catalog
from dbopt.postgres.session import Session
from dbopt.rewrite.facts import Facts, Name
from dbopt.rewrite.proof import trial
from dbopt.rewrite.proof.data import Maker, Row, Schema, schema_of
from dbopt.rewrite.proof.forms import Forms
from dbopt.rewrite.proof.rows import Rows, fill, insert
from dbopt.rewrite.proof.values import constants, pool
from dbopt.rewrite.text import parse
from dbopt.shadow import clock
from dbopt.workload.lexer import parameter_numbers
from dbopt.workload.model import Statement
from dbopt.workload.parameter_types import types_of
from dbopt.workload.sql import identifier_name, is_with_query

_TIMEOUT_MS = 10_000
_VIEW_DEPTH = 16


@dataclass(frozen=True)
class Tried:
    """What came of all made-up databases. `failed` is why the statement itself gave nothing to compare, the last time;
    `difference` how the rewrite differs, on `rows`. `filled` are the tables that had rows at some time, `empty` says of
    those of the statement that never had why.
    """

    databases: int = 0
    compared: int = 0
    with_rows: int = 0
    difference: str | None = None
    rows: Rows = field(default_factory=dict)
    values: Row = ()
    failed: str | None = None
    filled: frozenset[Name] = frozenset()
    empty: tuple[str, ...] = ()


@dataclass
class MadeUp:
    """A database with a schema and no rows; each trial puts some in and takes them out again. `written` are constants
    of its constraints, by table, `materialized` the queries of materialized views; in a shadow, where the time stands
    still, it `is_stopped`.
    """

    session: Session
    facts: Facts
    catalog: Catalog
    written: Mapping[Name, tuple[str, ...]]
    is_stopped: bool = True
    materialized: Mapping[Name, str] = field(default_factory=dict)

    def try_rewrite(self, statement: Statement, forms: Forms, databases: int) -> Tried:
        """Run both forms on made-up databases until they differ. Raises UnsafeStatement for a statement that must not
        be run, and ConnectionFailed.
        """
        forms = _asked(forms) if self.is_stopped else forms
        tables = self._tables(forms)
        schema = schema_of(self.facts, self.catalog, tables)
        views = [name for name in sorted(tables) if self.facts.tables[name].kind == "m"]
        written = constants(
            forms.before, forms.after, *(text for name in sorted(tables) for text in self.written.get(name, ()))
        )
        for sql in (forms.before, forms.after):
            self._require_runnable(statement, sql)
        pools = self._parameter_pools(statement, forms, written)
        made = Tried()
        for number in range(databases):
            made = self._try_one(schema, views, forms, statement, pools, written, number, made)
            if made.difference is not None:
                return self._smaller(schema, views, forms, made)
        return replace(made, empty=tuple(self._empty(schema, tables, made.filled)))

    def _empty(self, schema: Schema, tables: set[Name], filled: frozenset[Name]) -> Iterator[str]:
        heirs = {name: {one.key for one in self.catalog.heirs_of(self.catalog.find(*name))} for name in tables}  # type: ignore[arg-type]
        for name in sorted(tables - set().union(*heirs.values())):
            if self.facts.tables[name].kind in "rp" and not ({name} | heirs[name]) & filled:
                why = schema.unfilled.get(name, "its constraints took none of the rows")
                yield f"{qualified(*name)} stayed empty: {why}"

    def _require_runnable(self, statement: Statement, sql: str) -> None:
        limits = Limits(_TIMEOUT_MS)
        asked = replace(statement, sql=sql)
        planned = execution.plan(self.session, asked, limits)
        if planned.generic:
            nulls = (None,) * max(parameter_numbers(sql))
            planned = execution.plan(self.session, replace(asked, parameters=(nulls,)), limits)
        execution.require_runnable(self.session, planned, limits)

    def _parameter_pools(self, statement: Statement, forms: Forms, written: Sequence[str]) -> list[list[str]]:
        """Values of each parameter's type, those that were captured first."""
        if not parameter_numbers(forms.before):
            return []
        with self.session.rolled_back():
            types = types_of(self.session, forms.before)
        found = []
        for number in sorted(types):
            kind = _INTERNAL.get(types[number].name, types[number].name)
            captured = [values[number - 1] for values in statement.parameters if len(values) >= number]
            texts = [value for value in captured if value is not None]
            found.append(list(dict.fromkeys((*texts, *pool(kind, (*texts, *written))))))
        return found

    def _tables(self, forms: Forms) -> set[Name]:
        found: set[Name] = set()
        for sql in (forms.before, forms.after):
            self._add_tables(sql, found, 0)
        return found

    def _add_tables(self, sql: str, found: set[Name], depth: int) -> None:
        tree = parse(sql)
        for node in tree.find_all(exp.Table) if tree is not None else ():
            if not isinstance(node.this, exp.Identifier) or is_with_query(node):
                continue
            schema = node.args.get("db")
            table = self.facts.table(identifier_name(schema) if schema else None, identifier_name(node.this))
            if table is None or table.id in found:
                continue
            found.add(table.id)
            definition = table.definition or self.materialized.get(table.id)
            if definition and depth < _VIEW_DEPTH:
                self._add_tables(definition, found, depth + 1)
            found |= {heir.key for heir in self.catalog.heirs_of(self.catalog.find(*table.id))}  # type: ignore[arg-type]

    # -- one database -------------------------------------------------------------------------------------------------

    def _try_one(
        self,
        schema: Schema,
        views: Sequence[Name],
        forms: Forms,
        statement: Statement,
        pools: Sequence[Sequence[str]],
        written: Sequence[str],
        number: int,
        made: Tried,
    ) -> Tried:
        maker = Maker(number, written)
        with self._filled() as session:
            rows = fill(session, schema, maker)
            self._refresh(session, views)
            session.script("SET TRANSACTION READ ONLY")
            sets = _sets(statement, maker, pools)
            trials = [(values, trial.run(session, forms, values, most=None)) for values in sets]
        differing = [(values, one) for values, one in trials if one.difference is not None]
        failed = [one.failed for _, one in trials if one.failed is not None]
        compared = sum(one.failed is None for _, one in trials)
        return Tried(
            made.databases + 1,
            made.compared + compared,
            made.with_rows + sum(one.rows > 0 for _, one in trials),
            differing[0][1].difference if differing else None,
            rows if differing else {},
            differing[0][0] if differing else (),
            failed[-1] if failed else made.failed,
            made.filled | {name for name, there in rows.items() if there},
        )

    @contextmanager
    def _filled(self) -> Iterator[Session]:
        with self.session.rolled_back(read_only=False, statement_timeout_ms=_TIMEOUT_MS):
            self.session.script("SET CONSTRAINTS ALL IMMEDIATE")
            yield self.session

    def _refresh(self, session: Session, views: Sequence[Name]) -> None:
        for schema, name in views:
            session.execute(SQL("REFRESH MATERIALIZED VIEW {}").format(Identifier(schema, name)))

    # -- the smallest example -----------------------------------------------------------------------------------------

    def _smaller(self, schema: Schema, views: Sequence[Name], forms: Forms, made: Tried) -> Tried:
        """The same difference with as few rows as leaving out one after another comes to; first those that point to
        others.
        """
        rows, difference = made.rows, made.difference
        for name in reversed(list(rows)):
            for row in list(rows[name]):
                fewer = {**rows, name: _without(rows[name], row)}
                found = self._difference_on(schema, views, forms, fewer, made.values)
                if found is not None:
                    rows, difference = fewer, found
        return Tried(made.databases, made.compared, made.with_rows, difference, rows, made.values, made.failed)

    def _difference_on(
        self, schema: Schema, views: Sequence[Name], forms: Forms, rows: Rows, values: Row
    ) -> str | None:
        try:
            with self._filled() as session:
                for table in schema.tables:
                    if rows.get(table.table.id):
                        session.execute(insert(table, rows[table.table.id]))
                self._refresh(session, views)
                session.script("SET TRANSACTION READ ONLY")
                return trial.run(session, forms, values, most=None).difference
        except ConnectionFailed:
            raise
        except ServerError:
            return None  # a row that others point to


_INTERNAL = {
    "integer": "int4",
    "bigint": "int8",
    "smallint": "int2",
    "double precision": "float8",
    "real": "float4",
    "boolean": "bool",
    "character varying": "varchar",
    "character": "bpchar",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
    "time with time zone": "timetz",
    "integer[]": "_int4",
    "bigint[]": "_int8",
    "text[]": "_text",
}


def _asked(forms: Forms) -> Forms:
    """As it is asked of a server whose time stands still."""
    limited = forms.without_limit
    return Forms(
        clock.asked_of_shadow(forms.before),
        clock.asked_of_shadow(forms.after),
        forms.ordered_by,
        None if limited is None else (clock.asked_of_shadow(limited[0]), clock.asked_of_shadow(limited[1])),
        forms.adds_floats,
    )


def _sets(statement: Statement, maker: Maker, pools: Sequence[Sequence[str]]) -> list[Row]:
    """The captured values, and two made-up sets."""
    if not pools:
        return [()]
    made = [maker.values(pools), maker.values(pools)]
    return list(dict.fromkeys((*statement.parameters[:3], *made)))


def _without(rows: Sequence[Row], row: Row) -> list[Row]:
    left = list(rows)
    left.remove(row)
    return left
