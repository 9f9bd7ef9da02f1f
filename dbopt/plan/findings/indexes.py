"""Which conditions an index answers, which of the existing ones do, and the SQL of a new one. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dbopt.plan.findings.conditions import EQUAL, RANGE, Condition
from dbopt.plan.findings.context import Context
from dbopt.postgres.identifiers import quoted
from dbopt.postgres.schema import Catalog, ExistingIndex, IndexKey, Relation

_ORDERED = ("btree",)
_BITMAP_ONLY = frozenset({"brin", "gin", "gist", "spgist"})


@dataclass(frozen=True)
class Seekable:
    """Columns of a table by how conditions compare them with values, each once, those that find few rows first; and the
    conditions for which a b-tree on columns does nothing.
    """

    equal: tuple[str, ...]
    ranges: tuple[str, ...]
    others: tuple[Condition, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.equal + self.ranges

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns of an index in an order in which all of them narrow the search: a range ends it."""
        return tuple(quoted(name) for name in self.columns)


def seekable(found: Iterable[Condition], relation: Relation) -> Seekable:
    """Sorts conditions whose own columns are on the left."""
    equal: dict[str, None] = {}
    ranges: dict[str, None] = {}
    others: list[Condition] = []
    for condition in found:
        name = _column(condition, relation)
        if name is not None and condition.operator in EQUAL:
            equal[name] = None
        elif name is not None and condition.operator in RANGE:
            ranges[name] = None
        else:
            others.append(condition)
    first = sorted(equal, key=lambda name: _typical_share(relation, name))
    return Seekable(tuple(first), tuple(name for name in ranges if name not in equal), tuple(others))


def _typical_share(relation: Relation, name: str) -> float:
    """The share of the rows that has one value: what finds few rows leads, so that the index serves others, too."""
    distinct = column.n_distinct if (column := relation.column(name)) is not None else None
    if not distinct:
        return 1.0
    return 1.0 / distinct if distinct > 0 else 1.0 / max(-distinct * relation.rows, 1.0)


def _column(condition: Condition, relation: Relation) -> str | None:
    """The column that a b-tree could look up: compared with something that is known before the row is read."""
    found = condition.column
    if found is None or condition.has_subplan:
        return None
    column = relation.column(found[1])
    if column is None or not column.indexable or column.may_be_long:
        return None
    own = found[0]
    return found[1] if all(alias != own for alias, name in condition.columns[1:]) else None


def share_at_most(condition: Condition, relation: Relation) -> float:
    """The largest share of the table's rows that can satisfy the condition by its column's statistics; 1.0 where they
    do not say.
    """
    column = relation.column(condition.column[1]) if condition.column else None
    if column is None:
        return 1.0
    if condition.operator == "is null":
        return 1.0 if column.null_fraction is None else column.null_fraction
    if condition.operator not in ("=", "is true", "is false"):
        return 1.0
    if column.top_frequency is not None:
        return column.top_frequency
    if column.n_distinct is None or column.n_distinct == 0:
        return 1.0
    distinct = column.n_distinct if column.n_distinct > 0 else -column.n_distinct * max(relation.rows, 1.0)
    return 2.0 / max(distinct, 1.0)  # no value is common: ANALYZE lists those that are


def share_of(context: Context, condition: Condition, relation: Relation) -> float | None:
    """The share of the table's rows that satisfy the condition, where statistics know its very value."""
    column = relation.column(condition.column[1]) if condition.column else None
    facts = context.facts.column(relation.key, column.name) if context.facts is not None and column else None
    if facts is None or column is None:
        return None
    if condition.operator == "is null":
        return column.null_fraction
    if condition.operator == "is not null":
        return None if column.null_fraction is None else 1.0 - column.null_fraction
    known = dict(zip(facts.values, facts.frequencies, strict=True))
    return (
        known.get(_VALUES.get(condition.operator, "")) if condition.operator in _VALUES else _listed(condition, known)
    )


def is_harmless(context: Context, condition: Condition, relation: Relation) -> bool:
    """Whether so many rows satisfy the condition that it does not explain why nearly all are thrown away."""
    return (share_of(context, condition, relation) or 0.0) >= _HARMLESS


_HARMLESS = 0.2
_VALUES = {"is true": "t", "is false": "f"}
_CONSTANT = re.compile(r"'((?:[^']|'')*)'(?:::.*)?|(-?[\d.]+)")


def _listed(condition: Condition, known: Mapping[str, float]) -> float | None:
    match = _CONSTANT.fullmatch(condition.right)
    if match is None or condition.operator not in ("=", "<>"):
        return None
    found = known.get(match[1].replace("''", "'") if match[1] is not None else match[2])
    return found if found is None or condition.operator == "=" else 1.0 - found


def serving(catalog: Catalog, relation: Relation, columns: Iterable[str]) -> ExistingIndex | None:
    """An index of the whole table by which the rows of a condition on one of these columns are found."""
    wanted = set(columns)
    for index in catalog.indexes_of(relation):
        if not index.is_valid or index.predicate:
            continue
        searched = index.columns if index.method in _BITMAP_ONLY else index.columns[:1]
        if wanted & {name for name in searched if name is not None}:
            return index
    return None


def create_index(relation: Relation, keys: Sequence[str], method: str = "") -> str:
    """CREATE INDEX on these keys, each as it must be written. Concurrently, where PostgreSQL can do it."""
    concurrently = "" if relation.kind == "p" else "CONCURRENTLY "
    using = f" USING {method}" if method else ""
    return f"CREATE INDEX {concurrently}ON {relation.sql_name}{using} ({', '.join(keys)})"


def ordered(key: IndexKey) -> str:
    """A key as it must be written to keep its order."""
    words = [key.sql] + (["DESC"] if key.descending else [])
    if key.nulls_first != key.descending:
        words.append("NULLS FIRST" if key.nulls_first else "NULLS LAST")
    return " ".join(words)
