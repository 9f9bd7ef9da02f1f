"""What keys say of joins: which columns are equal, whether a row has a match, and whether it has only one. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from dbopt.rewrite.facts import ForeignKey
from dbopt.rewrite.question import Question
from dbopt.rewrite.scope import Block, Reference, Source
from dbopt.rewrite.types import INTEGERS


def equal_columns(question: Question, condition: exp.Expr) -> tuple[Reference, Reference] | None:
    """The two columns of `a.x = b.y`."""
    while isinstance(condition, exp.Paren):
        condition = condition.this
    if not isinstance(condition, exp.EQ):
        return None
    left, right = condition.this, condition.expression
    if not (isinstance(left, exp.Column) and isinstance(right, exp.Column)):
        return None
    one, other = question.analysis.reference(left), question.analysis.reference(right)
    return (one, other) if one is not None and other is not None else None


def compares_exactly(question: Question, one: Reference, other: Reference) -> bool:
    """Whether columns that `=` takes for equal have the same value, by PostgreSQL's own `=`."""
    left, right = question.inference.column(one), question.inference.column(other)
    same = left.type == right.type or (left.type in INTEGERS and right.type in INTEGERS)
    return left.type is not None and same and left.is_exact and right.is_exact and "=" not in question.facts.operators


def on_conditions(block: Block, source: Source) -> list[exp.Expr]:
    """The conditions of its join's ON."""
    return [condition.node for condition in block.conditions if condition.join is source.join is not None]


def pairs(question: Question, conditions: list[exp.Expr], source: Source) -> Iterator[tuple[str, Reference]]:
    """The columns of the source, by the table's own names, each with the column of another source that it equals."""
    for condition in conditions:
        found = equal_columns(question, condition)
        if found is None or not compares_exactly(question, *found):
            continue
        for own, other in (found, found[::-1]):
            name = own.source.table_column(own.name) if own.source is source else None
            if name is not None and other.source is not source:
                yield name, other


def foreign_key_to(question: Question, block: Block, source: Source) -> ForeignKey | None:
    """The foreign key that gives every row left of this join exactly one match in it; None where there is none that
    holds, or where the ON asks for more than the key's columns.
    """
    conditions = on_conditions(block, source)
    found = dict(pairs(question, conditions, source))
    if not conditions or len(found) != len(conditions):
        return None
    return _matching(question, source, found) if _is_whole_table(source) else None


def _is_whole_table(source: Source) -> bool:
    """Whether all rows that foreign keys point to are there, and only those."""
    table = source.table
    return table is not None and source.keys_hold and not table.is_policed and not source.is_sampled


def _matching(question: Question, source: Source, found: dict[str, Reference]) -> ForeignKey | None:
    """The foreign key with exactly these pairs of columns, from a source whose rows all have them."""
    origins = {id(reference.source): reference.source for reference in found.values()}
    if len(origins) != 1:
        return None
    origin = next(iter(origins.values()))
    if origin.table is None or not origin.keys_hold or origin.block is not source.block or source.table is None:
        return None
    for key in origin.table.foreign_keys:
        if key.referenced != source.table.id or set(key.referenced_columns) != set(found):
            continue
        wanted = dict(zip(key.referenced_columns, key.columns, strict=True))
        columns = {name: reference.source.table_column(reference.name) for name, reference in found.items()}
        if columns == wanted and all(question.inference.column(one).not_null for one in found.values()):
            return key
    return None
