"""The query blocks of a statement, what stands in their FROM, and which column a name means. Pure. `analyse` builds
them; what cannot be told for certain is unknown, and rules keep away from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlglot import exp

from dbopt.rewrite.facts import Table


@dataclass(frozen=True)
class Info:
    """What is known of a value: PostgreSQL's name of its type, None where it is not certain; `is_exact`: values that
    `=` takes for equal are the same. `collation` is None where it is not certain.
    """

    type: str | None = None
    not_null: bool = False
    is_exact: bool = False
    collation: str | None = None


UNKNOWN = Info()


@dataclass(eq=False)
class Source:
    """One thing in a FROM, known as `alias`. `kind` is table (views, too), query (a subquery or a WITH query, its query
    in `query`) or other. `is_nullable`: an outer join may put NULLs in place of its rows. `is_whole`: the table with
    its heirs, where it has some; `is_nested`: within a join in parentheses. `names` are column aliases. `join` is None
    for the first in a FROM.
    """

    alias: str
    node: exp.Expr
    kind: str
    block: Block
    join: exp.Join | None = None
    table: Table | None = None
    query: Query | None = None
    cte: Cte | None = None
    is_nullable: bool = False
    is_whole: bool = True
    is_sampled: bool = False
    is_lateral: bool = False
    is_nested: bool = False
    names: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...] | None:
        """Its columns as they are known here; None where they are not known."""
        own = self._own_names
        return None if own is None else (*self.names, *own[len(self.names) :])

    @property
    def _own_names(self) -> tuple[str, ...] | None:
        if self.table is not None:
            return tuple(column.name for column in self.table.columns)
        outputs = self.query.outputs if self.query is not None else None
        if outputs is None or any(output.name is None for output in outputs):
            return None
        return tuple(str(output.name) for output in outputs)

    def place(self, name: str) -> int | None:
        """The position of the column, None where it has none of this name, or several."""
        names = self.columns or ()
        return names.index(name) if names.count(name) == 1 else None

    def table_column(self, name: str) -> str | None:
        """The table's own name for its column."""
        place = self.place(name)
        return self.table.columns[place].name if self.table is not None and place is not None else None

    def known_as(self, table_column: str) -> str | None:
        """The name by which a column of the table is known here."""
        own, names = self._own_names or (), self.columns or ()
        return names[own.index(table_column)] if table_column in own else None

    @property
    def keys_hold(self) -> bool:
        """Whether the table's keys, NOT NULLs and foreign keys hold for what is read."""
        return self.table is not None and (not self.table.has_heirs or not self.is_whole)


@dataclass(frozen=True)
class Reference:
    """A column of a source."""

    source: Source
    name: str


Names: TypeAlias = "Reference | int | None"
"""What a column name means: a column, the output of that number (in ORDER BY and GROUP BY), or nothing certain."""


@dataclass(frozen=True)
class Output:
    """A column of a query's result. `name` is None where it is not certain; `node` the expression without its alias, or
    `reference` the column that a star stands for.
    """

    name: str | None
    node: exp.Expr | None = None
    reference: Reference | None = None


@dataclass(frozen=True)
class Condition:
    """One of the conditions that AND connects. `is_certain`: it is true of every row that the FROM and WHERE give; so
    it is not in the ON of an outer join. `join` is None for WHERE.
    """

    node: exp.Expr
    join: exp.Join | None
    is_certain: bool


@dataclass(eq=False)
class Query:
    """A query of any form; by itself one of which nothing is known, such as VALUES. `parent` is the block whose columns
    it may use. `ctes` are those that it defines.
    """

    node: exp.Expr
    parent: Block | None
    ctes: dict[str, Cte] = field(default_factory=dict)

    @property
    def outputs(self) -> list[Output] | None:
        """None where they are not known."""
        return None

    @property
    def blocks(self) -> Iterator[Block]:
        """The SELECTs that it consists of."""
        yield from ()


@dataclass(eq=False)
class Block(Query):
    """A SELECT. `conditions` are those of WHERE and ON. `has_merged`: its FROM has USING or NATURAL; `has_right`:
    RIGHT or FULL JOIN; `is_opaque`: something that is not understood.
    """

    sources: dict[str, Source] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    has_merged: bool = False
    has_right: bool = False
    is_opaque: bool = False

    @property
    def outputs(self) -> list[Output] | None:
        found: list[Output] = []
        for expression in self.node.expressions:
            expanded = self._expanded(expression)
            if expanded is None:
                return None
            found += expanded
        return found

    @property
    def blocks(self) -> Iterator[Block]:
        yield self

    def _expanded(self, expression: exp.Expr) -> list[Output] | None:
        if isinstance(expression, exp.Star):
            return None if self.has_merged or self.is_opaque else _all(list(self.sources.values()))
        if isinstance(expression, exp.Column) and isinstance(expression.this, exp.Star):
            source = self.sources.get(name_of(expression.args.get("table")) or "")
            return None if source is None else _all([source])
        return [Output(output_name(expression), unaliased(expression))]

    def look_up(self, qualifier: str | None, name: str) -> Reference | None:
        """The column of this block's own sources; None where there is none or it is not certain."""
        if qualifier is not None:
            source = self.sources.get(qualifier)
            return Reference(source, name) if source is not None and name in (source.columns or ()) else None
        found = [source for source in self.sources.values() if name in (source.columns or ())]
        if len(found) == 1 or (found and self.has_merged and not self.has_right):
            return Reference(found[0], name)
        return None

    def may_have(self, qualifier: str | None, name: str) -> bool:
        """Whether the name may be of this block."""
        if qualifier is not None:
            return qualifier in self.sources
        return self.is_opaque or any(s.columns is None or name in s.columns for s in self.sources.values())


@dataclass(eq=False)
class Compound(Query):
    """UNION, INTERSECT or EXCEPT."""

    left: Query = field(default=None)  # type: ignore[assignment]
    right: Query = field(default=None)  # type: ignore[assignment]

    @property
    def outputs(self) -> list[Output] | None:
        return self.left.outputs

    @property
    def blocks(self) -> Iterator[Block]:
        yield from self.left.blocks
        yield from self.right.blocks


@dataclass(eq=False)
class Cte:
    """A WITH query; `sources` are its mentions. `materialized` is None where the text leaves it open. `is_complete`:
    its query is known; a recursive one mentions itself before.
    """

    name: str
    node: exp.CTE
    query: Query
    names: tuple[str, ...] = ()
    materialized: bool | None = None
    is_recursive: bool = False
    is_complete: bool = False
    sources: list[Source] = field(default_factory=list)


def _all(sources: list[Source]) -> list[Output] | None:
    found: list[Output] = []
    for source in sources:
        if source.columns is None:
            return None
        found += [Output(name, None, Reference(source, name)) for name in source.columns]
    return found


# -- names -------------------------------------------------------------------------------------------------------------


def name_of(node: exp.Expr | None) -> str | None:
    """The name that the server knows, folded unless it is quoted; None where there is none."""
    from dbopt.workload.sql import identifier_name

    return None if node is None or not isinstance(node, exp.Identifier) else identifier_name(node)


def unaliased(expression: exp.Expr) -> exp.Expr:
    inner: exp.Expr = expression.this if isinstance(expression, exp.Alias) else expression
    return inner


def output_name(expression: exp.Expr) -> str | None:
    """The name that PostgreSQL gives to a column of the result (FigureColname in parse_target.c); None in doubt."""
    if isinstance(expression, exp.Alias):
        return name_of(expression.args["alias"])
    if isinstance(expression, (exp.Paren, exp.Filter)):
        return output_name(expression.this)
    if isinstance(expression, exp.Column):
        return name_of(expression.this)
    if isinstance(expression, exp.Subquery):
        return output_name(expression.this.expressions[0]) if isinstance(expression.this, exp.Select) else None
    if isinstance(expression, exp.Cast):
        inner = None if isinstance(expression.this, exp.Literal) else output_name(expression.this)
        return None if inner == "?column?" else inner
    return _called_name(expression)


def _called_name(expression: exp.Expr) -> str | None:
    if isinstance(expression, exp.Anonymous):
        called = expression.this
        return str(called).lower() if isinstance(called, str) else name_of(called)
    if isinstance(expression, _NAMED_BY_CLASS):
        return type(expression).__name__.lower()
    has_none = isinstance(expression, (exp.Literal, exp.Binary, exp.Not, exp.Parameter))
    return "?column?" if has_none and not isinstance(expression, (exp.Dot, exp.Collate)) else None


_NAMED_BY_CLASS = (exp.Exists, exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Coalesce, exp.Extract)
